//! Commits that people could have made; the same ones at every call.

use engine::core::Time;
use engine::core::id::SourceOrder;
use engine::store::SourceCommit;
use sha2::{Digest as _, Sha256};

const AUTHORS: [(&str, &str); 9] = [
    ("Maya Lindqvist", "maya@example.com"),
    ("Tomás Ferreira", "tomas@example.com"),
    ("Priya Raman", "priya@example.com"),
    ("Jonas Weber", "jonas@example.com"),
    ("李 明", "li.ming@example.com"),
    ("Aoife Ní Dhomhnaill", "aoife@example.com"),
    ("Olu Adeyemi", "olu@example.com"),
    ("dependency-updates[bot]", "bot@example.com"),
    ("Bartholomew Featherstonehaugh-Cholmondeley III", "bart@example.com"),
];

const TITLES: [&str; 24] = [
    "Raise connection pool to 96",
    "Fix double refund on retried capture",
    "Redact PAN in structured logs",
    "Use KMS aliases instead of key ids",
    "Read ledger entries in batches of 500",
    "Answer 422 instead of 500 for unknown currencies",
    "Bump base image to debian 12.9",
    "Retry idempotent calls with jitter",
    "Drop support for the v1 webhook signature",
    "Cache BIN lookups for ten minutes",
    "Report p99 latency by region",
    "Move settlement cut-off to 22:00 UTC",
    "Migration 0042: index refunds by merchant and created_at",
    "Handle minor units of JPY and KWD",
    "Fail closed when the fraud service is away",
    "Stop reading the deprecated `legacy_mode` flag",
    "Share one HTTP client between adapters",
    "Limit bulk exports to 10,000 rows so that one large merchant cannot exhaust the memory of a whole availability zone again (incident 2291)",
    "Make the health check look at the queue's age",
    "Speed up cold start by loading rates lazily",
    "Add tests for chargebacks across a year's end",
    "Rename `amount` to `amount_minor` in the internal API",
    "Escape <script>alert(1)</script> & friends in receipts",
    "Log the request id of every outgoing call",
];

/// The commit at a position of a repository's main line.
pub(super) fn at(source: &str, position: u64, committed_at: Time) -> SourceCommit {
    let digest = Sha256::digest(format!("{source} {position}"));
    let id: String = hex::encode(digest).chars().take(40).collect();
    let pick = |salt: usize, many: usize| usize::from(digest.get(salt).copied().unwrap_or_default()) % many;
    let (author, email) = AUTHORS.get(pick(0, AUTHORS.len())).copied().unwrap_or(("nobody", "nobody@example.com"));
    let title = TITLES.get(pick(1, TITLES.len())).copied().unwrap_or_default();
    SourceCommit {
        source: source.to_owned(),
        id,
        order: SourceOrder { epoch: 0, position },
        title: title.to_owned(),
        author: author.to_owned(),
        author_email: email.to_owned(),
        committed_at,
    }
}
