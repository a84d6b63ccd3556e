//! The few fields of a payload that say where to look. Everything else is skipped without being kept, and a field of
//! another type than expected counts as missing: forges add to their payloads as they like.

use std::collections::BTreeMap;

use engine::ports::forge::{Hint, HookRefused, Meaning, RepositoryNames};
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

/// What GitHub and those after its pattern say when a branch or tag moves, comes or goes; `addresses` are fields of their
/// repository.
pub(super) fn moved(body: &[u8], addresses: &[&str]) -> Result<Meaning, HookRefused> {
    #[derive(Deserialize)]
    struct Moved {
        #[serde(default, rename = "ref")]
        reference: Text,
        #[serde(default)]
        ref_type: Text,
        #[serde(default)]
        repository: Texts,
    }
    let moved: Moved = read(body)?;
    if moved.ref_type.as_str() == "tag" || moved.reference.as_str().starts_with("refs/tags/") {
        return Ok(Meaning::Ignored("it is about a tag, and pipelines follow branches".to_owned()));
    }
    heads("repository", moved.repository.names(addresses))
}

/// The hint to look at a repository, which stands in this field of the payload.
pub(super) fn heads(field: &str, repository: RepositoryNames) -> Result<Meaning, HookRefused> {
    if repository.urls.is_empty() {
        return Err(HookRefused::Malformed(format!("`{field}` has no address")));
    }
    Ok(Meaning::Hint(Hint::Heads { repository }))
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

/// A number without sign, or nothing when it is anything else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Lenient {
            Number(u64),
            Other(IgnoredAny),
        }
        Ok(match Lenient::deserialize(deserializer)? {
            Lenient::Number(number) => Self(Some(number)),
            Lenient::Other(_) => Self(None),
        })
    }
}

/// What it is, or nothing when it is anything else.
#[derive(Debug, Clone, Default)]
pub(super) struct Lenient<T>(pub(super) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            Meant(T),
            Other(IgnoredAny),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Meant(value) => Self(value),
            Either::Other(_) => Self(T::default()),
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
