//! The few fields of a payload that say where to look. Everything else is skipped without being kept, and a field of
//! another type than expected counts as missing: forges add to their payloads as they like.

use std::collections::BTreeMap;

use engine::ports::forge::{HookRefused, RepositoryNames};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

/// Reads `body`, whose nesting serde_json bounds at 128.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, HookRefused> {
    serde_json::from_slice(body).map_err(|error| HookRefused::Malformed(error.to_string()))
}

/// Whether it is JSON at all.
pub(super) fn is_json(body: &[u8]) -> Result<(), HookRefused> {
    read::<IgnoredAny>(body).map(drop)
}

/// A text, or nothing when it is anything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Option<String>);

impl Text {
    pub(super) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Lenient {
            Text(String),
            Other(IgnoredAny),
        }
        Ok(match Lenient::deserialize(deserializer)? {
            Lenient::Text(text) => Self(Some(text)),
            Lenient::Other(_) => Self(None),
        })
    }
}

/// An object of texts such as a repository with its addresses, or nothing when it is anything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Lenient {
            Fields(BTreeMap<String, Text>),
            Other(IgnoredAny),
        }
        Ok(match Lenient::deserialize(deserializer)? {
            Lenient::Fields(fields) => Self(fields.into_iter().filter_map(|(name, text)| Some((name, text.0?))).collect()),
            Lenient::Other(_) => Self::default(),
        })
    }
}

impl Texts {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The values of these fields, as addresses of one repository.
    pub(super) fn names(&self, fields: &[&str]) -> RepositoryNames {
        const LONGEST: usize = 2048;
        let urls = fields.iter().filter_map(|field| self.get(field)).filter(|url| !url.is_empty() && url.len() <= LONGEST);
        let mut urls: Vec<String> = urls.map(str::to_owned).collect();
        urls.dedup();
        RepositoryNames { urls }
    }
}
