//! Identities at a cloud: short-lived, each for one role of one account.

use std::fmt;

use async_trait::async_trait;
use thiserror::Error;

use super::SecretValue;
use crate::core::Time;

/// Assumes roles: with the server's own principal, or with what it has signed.
#[async_trait]
pub trait Identity: fmt::Debug + Send + Sync {
    /// A slice of credentials for this role. Bounded: what may pass by itself has been tried again before it fails.
    ///
    /// # Errors
    /// Each variant of [`IdentityError`] is what a person mends differently.
    async fn assume(&self, role: &RoleRequest) -> Result<Slice, IdentityError>;

    /// The ARN of the server's own principal in a partition: what trust policies name.
    ///
    /// # Errors
    /// When the server has no principal there, or it cannot be asked.
    async fn principal(&self, partition: Partition) -> Result<String, IdentityError>;
}

/// What is assumed, by whom it will be used, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRequest {
    /// The account's id.
    pub account: String,
    /// The name of the role, with its path when it has one: `tidegate-deploy`, `ci/tidegate-deploy`.
    pub role: String,
    /// Where the slice will be used first; the regional endpoint of that region is asked.
    pub region: String,
    pub partition: Partition,
    pub entry: Entry,
    /// 2 to 64 of the characters that STS allows.
    pub session_name: String,
    pub tags: Vec<(String, String)>,
    /// JSON that narrows what the role may do; none: all that it may.
    pub session_policy: Option<String>,
    /// 900,000 (STS's least) to 3,600,000 (its most for a chained role).
    pub duration_ms: u64,
}

impl RoleRequest {
    #[must_use]
    pub fn arn(&self) -> String {
        self.partition.role_arn(&self.account, &self.role)
    }
}

/// What the server shows STS so that it lets it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The signature of its own principal, and the account's external id.
    Principal { external_id: String },
    /// A token that it has signed (AssumeRoleWithWebIdentity); the tags of the session stand in it.
    WebIdentity {
        /// The `iss` of the token: the address of the provider that the account has to know.
        issuer: String,
        token: SecretValue,
    },
}

/// Credentials that end by themselves. No `Serialize`; its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Slice {
    pub access_key_id: String,
    pub secret_access_key: SecretValue,
    pub session_token: SecretValue,
    /// The last moment, on the server's clock, at which they may still be good.
    pub until: Time,
}

impl fmt::Debug for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slice").field("until", &self.until).finish_non_exhaustive()
    }
}

/// A closed world of accounts and regions: a principal of one can assume nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub enum Partition {
    #[default]
    #[serde(rename = "aws")]
    Aws,
    #[serde(rename = "aws-cn")]
    China,
    #[serde(rename = "aws-us-gov")]
    GovCloud,
}

impl Partition {
    pub const ALL: [Self; 3] = [Self::Aws, Self::China, Self::GovCloud];

    /// As ARNs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }

    #[must_use]
    pub fn of_region(region: &str) -> Self {
        if region.starts_with("cn-") {
            Self::China
        } else if region.starts_with("us-gov-") {
            Self::GovCloud
        } else {
            Self::Aws
        }
    }

    /// A region that every account of the partition has.
    #[must_use]
    pub fn first_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-north-1",
            Self::GovCloud => "us-gov-west-1",
        }
    }

    #[must_use]
    pub fn role_arn(self, account: &str, role: &str) -> String {
        format!("arn:{}:iam::{account}:role/{}", self.name(), role.trim_start_matches('/'))
    }
}

/// Why there is no slice. The words are for the person who reads them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// STS answers the same whether the role is not there, does not trust us, or asks for another external id.
    #[error(
        "{arn} cannot be assumed: the role does not exist, its trust policy does not name {principal}, asks for another external id, \
         or does not allow sts:TagSession; `tidegate accounts policy` prints the right one ({detail})"
    )]
    Denied { arn: String, principal: String, detail: String },
    #[error("the server has no identity of its own at AWS that could assume a role: {detail}")]
    NoPrincipal { detail: String },
    #[error("STS answers that there are too many requests, also after several tries: {detail}")]
    Throttled { detail: String },
    #[error("the clock of the server and that of AWS differ too much; mend the server's clock: {detail}")]
    ClockSkew { detail: String },
    /// A principal that is itself an assumed role may ask for one hour at most.
    #[error("a role that was assumed by a role lasts an hour at most, and more was asked for: {detail}")]
    ChainLimit { detail: String },
    #[error("the region {region} is not enabled in the account of the server or has no STS: {detail}")]
    RegionDisabled { region: String, detail: String },
    /// The session policy or the tags are refused; trying again changes nothing.
    #[error("STS refuses the session's policy or tags: {detail}")]
    Malformed { detail: String },
    #[error("STS cannot be asked: {detail}")]
    Unavailable { detail: String },
    /// STS answers the same whether the role is not there, does not trust the provider, or asks for something else of the token.
    #[error(
        "{arn} cannot be assumed with a token of {issuer}: the role does not exist, its trust policy does not name that provider, its \
         conditions on sub or aud do not fit the token, or it does not allow sts:TagSession; `tidegate accounts policy` prints the right \
         one ({detail})"
    )]
    TokenDenied { arn: String, issuer: String, detail: String },
    #[error(
        "account {account} has no identity provider for {issuer}; its owner makes it with what `tidegate accounts policy` prints ({detail})"
    )]
    NoProvider { account: String, issuer: String, detail: String },
    #[error(
        "the identity provider {issuer} of account {account} does not take tokens for the audience {audience}; add that to its audiences \
         (client ids) ({detail})"
    )]
    Audience { account: String, issuer: String, audience: String, detail: String },
    /// AWS fetches the server's keys to verify a token.
    #[error(
        "AWS cannot read the keys of {issuer}: {issuer}/.well-known/openid-configuration and {issuer}/.well-known/jwks.json must be \
         reachable from the internet over https and answer within five seconds ({detail})"
    )]
    IssuerUnreachable { issuer: String, detail: String },
    #[error("accounts can be entered with tokens of this server only when AWS can reach it: public_url is {issuer}, and {detail}")]
    IssuerUnfit { issuer: String, detail: String },
    #[error("STS does not take the token of {issuer}: {detail}")]
    TokenRefused { issuer: String, detail: String },
    /// Of this server, not of a cloud.
    #[error("an identity token could not be signed: {detail}")]
    NoKey { detail: String },
    /// Another answer.
    #[error("STS refused: {code}: {detail}")]
    Other { code: String, detail: String },
}

impl IdentityError {
    /// The same request may succeed later without anybody doing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unavailable { .. } | Self::IssuerUnreachable { .. } | Self::NoKey { .. })
    }

    /// A stable name, for answers to runners and for metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "identity_denied",
            Self::NoPrincipal { .. } => "identity_no_principal",
            Self::Throttled { .. } => "identity_throttled",
            Self::ClockSkew { .. } => "identity_clock_skew",
            Self::ChainLimit { .. } => "identity_chain_limit",
            Self::RegionDisabled { .. } => "identity_region_disabled",
            Self::Malformed { .. } => "identity_malformed",
            Self::Unavailable { .. } => "identity_unavailable",
            Self::TokenDenied { .. } => "identity_token_denied",
            Self::NoProvider { .. } => "identity_no_provider",
            Self::Audience { .. } => "identity_audience",
            Self::IssuerUnreachable { .. } => "identity_issuer_unreachable",
            Self::IssuerUnfit { .. } => "identity_issuer_unfit",
            Self::TokenRefused { .. } => "identity_token_refused",
            Self::NoKey { .. } => "identity_no_key",
            Self::Other { .. } => "identity_refused",
        }
    }
}

/// What an adapter may know of the registered accounts.
#[async_trait]
pub trait Accounts: fmt::Debug + Send + Sync {
    /// The access to an account by its id; none when it is not registered.
    ///
    /// # Errors
    /// In words, when the registry cannot be read.
    async fn access(&self, account: &str) -> Result<Option<Access>, String>;

    /// What the server shows to read there; good for minutes.
    ///
    /// # Errors
    /// When the account is not registered, or nothing can be shown.
    async fn watcher(&self, account: &str, tags: &[(String, String)]) -> Result<Entry, IdentityError>;
}

/// How an account is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub partition: Partition,
    /// Names of roles that may be assumed there; the first is also read with.
    pub roles: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_names_its_partition_and_a_role_its_arn() {
        let arn = |region: &str| Partition::of_region(region).role_arn("111111111111", "ci/tidegate-deploy");
        assert_eq!(arn("eu-west-1"), "arn:aws:iam::111111111111:role/ci/tidegate-deploy");
        assert_eq!(arn("cn-northwest-1"), "arn:aws-cn:iam::111111111111:role/ci/tidegate-deploy");
        assert_eq!(arn("us-gov-east-1"), "arn:aws-us-gov:iam::111111111111:role/ci/tidegate-deploy");
    }

    #[test]
    fn a_slice_is_shown_without_its_secrets() {
        let secret = |text: &str| SecretValue::new(text.to_owned());
        let slice = Slice {
            access_key_id: "ASIA-canary".to_owned(),
            secret_access_key: secret("canary-1"),
            session_token: secret("canary-2"),
            until: Time(1),
        };
        let shown = format!("{slice:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
