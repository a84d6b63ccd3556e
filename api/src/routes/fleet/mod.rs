pub(super) mod begin;
pub(super) mod change;
pub(super) mod preview;
pub(super) mod show;

use engine::store::UpgradeRow;
use pipelines::Pin;
use pipelines::lock::{Locked, SharedName};

use crate::problem::{Code, Problem};
use crate::types::{BlockVersion, Upgrade, UpgradedPipeline};

fn pin(version: BlockVersion) -> Result<Pin, Problem> {
    let name = SharedName::parse(&version.name).map_err(|reason| Problem::new(Code::Invalid, format!("{}: {reason}", version.name)))?;
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    if !matches!(version.commit.len(), 40 | 64) || !is_hex(&version.commit) {
        return Err(Problem::new(Code::Invalid, format!("{:?} is not a commit: 40 or 64 hexadecimal digits", version.commit)));
    }
    Ok(Pin { name, locked: Locked { commit: version.commit, digest: version.digest } })
}

fn shown(row: UpgradeRow) -> Upgrade {
    let waves = row.waves.into_iter().map(|wave| {
        let member = |member: engine::store::UpgradeMember| UpgradedPipeline {
            pipeline: member.name,
            from: member.from,
            state: member.state,
            release: member.release,
            detail: member.detail,
        };
        wave.into_iter().map(member).collect()
    });
    Upgrade {
        waves: waves.collect(),
        id: row.id,
        to: BlockVersion { name: row.to.name.to_string(), commit: row.to.locked.commit, digest: row.to.locked.digest },
        state: row.state,
        reason: row.reason,
        created_by: row.created_by,
        created_at: row.created_at,
    }
}
