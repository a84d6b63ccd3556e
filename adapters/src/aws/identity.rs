use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_sts::types::{Credentials, Tag};
use engine::ports::{Clock, Entry, Identity, IdentityError, Partition, RoleRequest, SecretValue, Slice};

use super::failure::{self, Failure, Kind};
use super::sdk::{Sdk, Settings};
use super::web_identity;

/// Assumes roles with the server's own principal, or with a token that it has signed.
///
/// Throttling and answers of 5xx are tried again by the SDK: five tries at most, with growing pauses, within 25 s.
#[derive(Debug)]
pub struct AwsIdentity {
    sdk: Sdk,
    clock: Arc<dyn Clock>,
    principals: Mutex<BTreeMap<Partition, String>>,
}

impl AwsIdentity {
    #[must_use]
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self { sdk: Sdk::new(settings), clock, principals: Mutex::default() }
    }

    async fn client(&self, partition: Partition, region: &str) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.sdk.of(partition, region).await)
    }

    async fn as_principal(&self, role: &RoleRequest, external_id: &str) -> Result<Option<Credentials>, IdentityError> {
        let tags: Vec<Tag> = role.tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect();
        let asked = self
            .client(role.partition, &role.region)
            .await
            .assume_role()
            .role_arn(role.arn())
            .role_session_name(&role.session_name)
            .external_id(external_id)
            .duration_seconds(seconds(role))
            .set_tags(Some(tags))
            .set_policy(role.session_policy.clone())
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(answer.credentials),
            Err(error) => Err(self.refused(role, failure::of(&error)).await),
        }
    }

    /// Not signed, so that it needs no principal: the token is all.
    async fn by_token(&self, role: &RoleRequest, issuer: &str, token: &SecretValue) -> Result<Option<Credentials>, IdentityError> {
        let asked = self
            .client(role.partition, &role.region)
            .await
            .assume_role_with_web_identity()
            .role_arn(role.arn())
            .role_session_name(&role.session_name)
            .web_identity_token(token.reveal())
            .duration_seconds(seconds(role))
            .set_policy(role.session_policy.clone())
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(answer.credentials),
            Err(error) => Err(web_identity::refused(role, issuer, failure::of(&error))),
        }
    }

    async fn refused(&self, role: &RoleRequest, failure: Failure) -> IdentityError {
        let Failure { kind, code, detail } = failure;
        match kind {
            Kind::Denied => {
                let principal = self.principal(role.partition).await.unwrap_or_else(|_| "this server".to_owned());
                IdentityError::Denied { arn: role.arn(), principal, detail }
            }
            Kind::Invalid if detail.contains("role chaining") => IdentityError::ChainLimit { detail },
            Kind::RegionDisabled => IdentityError::RegionDisabled { region: role.region.clone(), detail },
            _ => general(kind, code, detail),
        }
    }
}

#[async_trait]
impl Identity for AwsIdentity {
    async fn assume(&self, role: &RoleRequest) -> Result<Slice, IdentityError> {
        // Counted from before the question, so that a slice is never thought to live longer than it does.
        let sent = self.clock.now();
        let given = match &role.entry {
            Entry::Principal { external_id } => self.as_principal(role, external_id).await?,
            Entry::WebIdentity { issuer, token } => self.by_token(role, issuer, token).await?,
        };
        let Some(given) = given else {
            return Err(IdentityError::Unavailable { detail: "the answer holds no credentials".to_owned() });
        };
        Ok(Slice {
            access_key_id: given.access_key_id,
            secret_access_key: SecretValue::new(given.secret_access_key),
            session_token: SecretValue::new(given.session_token),
            until: sent + role.duration_ms,
        })
    }

    async fn principal(&self, partition: Partition) -> Result<String, IdentityError> {
        if let Some(known) = self.principals.lock().unwrap_or_else(PoisonError::into_inner).get(&partition) {
            return Ok(known.clone());
        }
        let asked = self.client(partition, partition.first_region()).await.get_caller_identity().send().await;
        let answer = asked.map_err(|error| {
            let Failure { kind, code, detail } = failure::of(&error);
            general(kind, code, detail)
        })?;
        let arn = principal_of(&answer.arn.unwrap_or_default());
        self.principals.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, arn.clone());
        Ok(arn)
    }
}

fn seconds(role: &RoleRequest) -> i32 {
    i32::try_from(role.duration_ms / 1_000).unwrap_or(i32::MAX)
}

pub(super) fn general(kind: Kind, code: String, detail: String) -> IdentityError {
    match kind {
        Kind::Credentials => IdentityError::NoPrincipal { detail },
        Kind::Throttled => IdentityError::Throttled { detail },
        Kind::ClockSkew => IdentityError::ClockSkew { detail },
        Kind::Invalid => IdentityError::Malformed { detail },
        Kind::Unavailable => IdentityError::Unavailable { detail },
        Kind::Denied | Kind::RegionDisabled | Kind::Other => IdentityError::Other { code, detail },
    }
}

/// A session of a role is trusted by its role: sessions come and go.
fn principal_of(arn: &str) -> String {
    let mut parts = arn.splitn(6, ':');
    let (Some(_), Some(partition), Some("sts"), Some(_), Some(account), Some(resource)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return arn.to_owned();
    };
    match resource.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/')) {
        Some((role, _)) => format!("arn:{partition}:iam::{account}:role/{role}"),
        None => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_trusted_by_its_role() {
        assert_eq!(principal_of("arn:aws:sts::123456789012:assumed-role/tidegate/i-0abc"), "arn:aws:iam::123456789012:role/tidegate");
        assert_eq!(principal_of("arn:aws-cn:iam::123456789012:user/tidegate"), "arn:aws-cn:iam::123456789012:user/tidegate");
    }
}
