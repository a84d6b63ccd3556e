use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::ports::forge::{Delivery, Headers, Hint, Hook, HookReader, HookRefused, Meaning, RepositoryNames};
use serde::Deserialize;

use super::signature::HookSecrets;
use super::{header, json_only, payload};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
pub(super) const SIGNATURE: &str = "webhook-signature";

/// Any other sender, by the Standard Webhooks: `{"repository": "<address>"}`, signed over id, time and body.
///
/// The time is part of what is signed and not compared with a clock: a replay is a hint and harmless (R8), and no
/// decision compares the clocks of two machines (IG1).
///
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
#[derive(Debug, Clone)]
pub struct Signed {
    secrets: HookSecrets,
}

impl Signed {
    #[must_use]
    pub fn new(secrets: HookSecrets) -> Self {
        Self { secrets }
    }
}

impl HookReader for Signed {
    fn forge(&self) -> &str {
        "signed"
    }

    fn expects(&self, headers: &Headers) -> Result<(), HookRefused> {
        if self.secrets.is_empty() {
            return Err(HookRefused::NotConfigured { forge: "other senders".to_owned(), next_step: "set webhooks.secrets".to_owned() });
        }
        if !headers.contains_key(SIGNATURE) {
            return Err(HookRefused::Unproven(format!("there is no header {SIGNATURE}")));
        }
        header(headers, ID)?;
        header(headers, TIMESTAMP).map(drop)
    }

    fn read(&self, delivery: &Delivery) -> Result<Hook, HookRefused> {
        self.expects(&delivery.headers)?;
        if !is_signed(&self.secrets, delivery) {
            return Err(HookRefused::Unproven(format!("{SIGNATURE} is not that of this body under any configured secret")));
        }
        json_only(&delivery.headers)?;
        let News { repository } = payload::read(&delivery.body)?;
        let repository = RepositoryNames { urls: vec![repository] };
        let id = header(&delivery.headers, ID)?.to_owned();
        Ok(Hook { delivery: Some(id), event: "news".to_owned(), meaning: Meaning::Hint(Hint::Heads { repository }) })
    }
}

#[derive(Deserialize)]
struct News {
    repository: String,
}

/// Whether one of the signatures (`v1,<base64>`, parted by spaces) is that of id, time and body.
pub(super) fn is_signed(secrets: &HookSecrets, delivery: &Delivery) -> bool {
    let (Ok(id), Ok(timestamp), Ok(signatures)) =
        (header(&delivery.headers, ID), header(&delivery.headers, TIMESTAMP), header(&delivery.headers, SIGNATURE))
    else {
        return false;
    };
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &delivery.body];
    // While a secret is replaced, the sender may sign with both.
    let macs = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok()).take(4);
    let mut found = false;
    for mac in macs {
        found |= secrets.signed_standard(&parts, &mac);
    }
    found
}
