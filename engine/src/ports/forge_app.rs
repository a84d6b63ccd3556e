//! What this server is at a forge, and making it somebody there.

use std::fmt::Debug;

use async_trait::async_trait;
use thiserror::Error;

use super::forge::ForgeError;
use crate::core::Time;

/// This server's identity at one forge: an App that is made in the browser, from a manifest.
#[async_trait]
pub trait ForgeApp: Debug + Send + Sync {
    /// As it is known here, without asking the forge.
    fn standing(&self) -> AppStanding;

    /// Where browsers lead to when one is made, as scheme, host and port; none: none is made here.
    fn origin(&self) -> Option<String>;

    /// What the browser takes to the forge. `state` comes back with the code.
    ///
    /// # Errors
    /// When none is made here, or what was asked for cannot be.
    fn order(&self, order: &AppOrder, state: &str) -> Result<AppForm, AppError>;

    /// Exchanges the code with which the forge led back, keeps what it gives, and is that App from then on.
    ///
    /// # Errors
    /// When the forge does not take the code or does not answer, or when what it gave cannot be kept.
    async fn make(&self, code: &str) -> Result<MadeApp, AppError>;

    /// How the forge sees it: what it may do, where it is installed, and what became of its last web hooks.
    ///
    /// # Errors
    /// When this server is no App, or the forge refuses it or does not answer.
    async fn look(&self) -> Result<AppReport, ForgeError>;
}

/// What this server is at a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppStanding {
    pub acts_as: ActsAs,
    /// A secret for web hooks is known.
    pub hears: bool,
    /// Why none is made here, in words for people; none: one can be.
    pub makes_none_because: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActsAs {
    App { id: String },
    Token,
    Nobody,
}

/// What a person wants of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppOrder {
    /// The organisation that it belongs to; none: whoever is signed in at the forge.
    pub organisation: Option<String>,
    /// One of its kind at the forge, where people can still change it.
    pub name: String,
}

/// A form that a browser posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppForm {
    /// Where to.
    pub action: String,
    /// The value of its one field, `manifest`.
    pub manifest: String,
}

/// An App that was made and is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeApp {
    pub id: String,
    pub name: String,
}

/// How the forge sees an App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppReport {
    pub id: String,
    pub name: String,
    pub owner: String,
    /// Its page.
    pub url: String,
    /// Where it is installed.
    pub install_url: String,
    pub permissions: Vec<AppPermission>,
    pub installations: Vec<AppInstallation>,
    /// The newest first; none: the forge does not say.
    pub deliveries: Option<Vec<AppDelivery>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPermission {
    /// As the forge calls it, such as `pull_requests`.
    pub name: String,
    /// `read`, `write` or `admin`; none: it has not.
    pub granted: Option<String>,
    /// What this server makes use of; none: nothing.
    pub needed: Option<String>,
}

impl AppPermission {
    /// Less than is needed is granted.
    #[must_use]
    pub fn is_lacking(&self) -> bool {
        let rank = |access: &Option<String>| match access.as_deref() {
            None => 0,
            Some("read") => 1,
            Some("write") => 2,
            Some(_) => 3,
        };
        rank(&self.granted) < rank(&self.needed)
    }
}

/// An owner of repositories who lets it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppInstallation {
    pub account: String,
    /// Its page at the forge.
    pub url: String,
    /// Every repository of that owner, or those that were chosen.
    pub every_repository: bool,
    pub suspended: bool,
    /// Permissions that the App asks for and the owner has not granted, such as `checks: write`.
    pub lacks: Vec<String>,
}

/// A web hook that the forge sent or tried to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppDelivery {
    pub id: String,
    pub at: Option<Time>,
    /// With its action, such as `pull_request opened`.
    pub event: String,
    /// What came of it in the forge's words, such as `OK`.
    pub outcome: String,
    /// 0: there was no answer.
    pub status: u16,
    pub is_again: bool,
}

impl AppDelivery {
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !(200..300).contains(&self.status)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppError {
    /// The configuration says what this server is there.
    #[error("{0}")]
    Configured(String),
    /// What was asked for cannot be.
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Unreachable(String),
    /// It was made at the forge, and what the forge gave could not be written down.
    #[error("{0}")]
    NotKept(String),
}
