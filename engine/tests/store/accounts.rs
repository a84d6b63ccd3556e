//! Accounts of a cloud.

use std::collections::BTreeMap;

use engine::ports::Partition;
use engine::store::{AccountHealth, AccountRow, EnteredBy, Error, RegionHealth};

use crate::support::{Database, NOW, on_both};

on_both!(an_account_is_kept_with_its_health_until_it_is_removed,);

fn account(id: &str, name: &str) -> AccountRow {
    AccountRow {
        id: id.to_owned(),
        name: name.to_owned(),
        partition: Partition::GovCloud,
        roles: vec!["tidegate-deploy".to_owned()],
        labels: BTreeMap::from([("tier".to_owned(), "größte".to_owned())]),
        regions: BTreeMap::from([("us-gov-west-1".to_owned(), BTreeMap::new())]),
        entered_by: EnteredBy::WebIdentity,
        external_id: format!("tidegate-{name}"),
        created_at: NOW,
        created_by: "local:ada".to_owned(),
    }
}

async fn an_account_is_kept_with_its_health_until_it_is_removed(database: &Database) {
    let store = database.open().await;
    let prod = account("222222222222", "prod");
    store.add_account(&prod, None).await.unwrap();
    for taken in [account("222222222222", "other"), account("333333333333", "prod")] {
        assert!(matches!(store.add_account(&taken, None).await, Err(Error::Exists(_))), "{}", taken.name);
    }
    store.add_account(&account("111111111111", "beta"), None).await.unwrap();
    let problem = RegionHealth { at: NOW, problem: Some("denied".to_owned()), last_assumed_at: None };
    let health = AccountHealth { is_open: true, regions: BTreeMap::from([("us-gov-west-1".to_owned(), problem)]) };
    store.set_account_health(&prod.id, &health).await.unwrap();
    let names: Vec<String> = store.accounts().await.unwrap().into_iter().map(|(account, _)| account.name).collect();
    assert_eq!(names, ["beta", "prod"]);
    assert_eq!(store.account(&prod.id).await.unwrap(), Some((prod.clone(), health)));
    assert!(store.remove_account(&prod.id, None).await.unwrap());
    assert!(!store.remove_account(&prod.id, None).await.unwrap());
    assert_eq!(store.account(&prod.id).await.unwrap(), None);
}

#[test]
fn a_registration_of_before_is_entered_by_the_principal() {
    let mut row = serde_json::to_value(account("222222222222", "prod")).unwrap();
    assert_eq!(row["entered_by"], "web_identity");
    row.as_object_mut().unwrap().remove("entered_by");
    let row: AccountRow = serde_json::from_value(row).unwrap();
    assert_eq!(row.entered_by, EnteredBy::Principal);
}
