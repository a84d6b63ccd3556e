pub(super) mod add;
pub(super) mod check;
pub(super) mod list;
pub(super) mod policy;
pub(super) mod remove;

use engine::store::{AccountHealth, AccountRow};

use crate::types::{CloudAccount, CloudRegion};

fn shown(row: AccountRow, health: &AccountHealth) -> CloudAccount {
    let regions = row.regions.into_iter().map(|(name, labels)| {
        let health = health.regions.get(&name).cloned();
        CloudRegion { name, labels, health }
    });
    CloudAccount {
        regions: regions.collect(),
        id: row.id,
        name: row.name,
        partition: row.partition,
        roles: row.roles,
        labels: row.labels,
        entered_by: row.entered_by,
        is_open: health.is_open,
        created_at: row.created_at,
        created_by: row.created_by,
    }
}
