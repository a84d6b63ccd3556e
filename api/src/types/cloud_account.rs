use std::collections::BTreeMap;

use engine::core::Time;
pub use engine::ports::Partition;
pub use engine::store::{EnteredBy, RegionHealth};
use serde::{Deserialize, Serialize};

/// An account of a cloud that targets live in. Its external id is shown with its policy only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CloudAccount {
    /// Twelve digits.
    pub id: String,
    /// As targets begin: `prod` of `prod/eu-west-1`.
    pub name: String,
    #[schema(value_type = String)]
    pub partition: Partition,
    /// Names of roles that may be assumed there, the usual one first.
    pub roles: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub regions: Vec<CloudRegion>,
    pub entered_by: EnteredBy,
    /// When it was last checked, its role could be assumed with another external id, or with a token of any subject: nothing is
    /// deployed there.
    pub is_open: bool,
    pub created_at: Time,
    pub created_by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CloudRegion {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    /// How assuming the role went last; none: it was never tried.
    pub health: Option<RegionHealth>,
}

/// Registers an account. The server makes its external id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCloudAccount {
    /// Twelve digits.
    pub id: String,
    /// 1 to 40 characters of a-z, 0-9 and -.
    pub name: String,
    /// `tidegate-deploy` when empty.
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Regions with labels of their own.
    pub regions: BTreeMap<String, BTreeMap<String, String>>,
    /// As this server is configured (`aws.web_identity`) when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<EnteredBy>,
}

/// What the owner of an account applies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccountPolicy {
    /// Whom the role trusts: the server's own principal, or the account's provider for the server's tokens.
    pub principal: String,
    /// Where it is entered by the principal.
    pub external_id: Option<String>,
    /// The trust policy alone, as JSON.
    pub trust: String,
    pub cloudformation: String,
    pub terraform: String,
}
