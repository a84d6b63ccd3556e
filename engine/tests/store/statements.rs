use crate::support::{Database, on_both};

on_both!(every_statement_is_understood);

async fn every_statement_is_understood(database: &Database) {
    let store = database.open().await;
    match store.prepare_all().await.expect("a connection") {
        Ok(count) => assert!(count > 150, "only {count} statements are listed"),
        Err(refused) => panic!("statements that this database refuses: {refused:#?}"),
    }
}
