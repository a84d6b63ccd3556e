use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that is not a well-formed id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    /// What kind of id was expected, in words of the model.
    pub kind: &'static str,
    /// The text that was given, cut to 80 characters.
    pub given: String,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a valid {}: {:?}", self.kind, self.given)
    }
}

impl std::error::Error for InvalidId {}

/// Declares an id as a checked text: 1 to `max` characters of `[A-Za-z0-9._/-]`.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
                if !text.is_empty() && text.len() <= $max && text.chars().all(allowed) {
                    Ok(Self(text))
                } else {
                    Err(InvalidId { kind: $kind, given: text.chars().take(80).collect() })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A registered runner, chosen by the server when it registers.
    RunnerId, "runner id", 64
);
text_id!(
    /// One try of a job: `<pipeline id>.<release>.<node>.<number of the attempt>`.
    AttemptId, "attempt id", 120
);
text_id!(
    /// 128 random bits in hexadecimal, made anew for each lease (R2).
    LeaseToken, "lease token", 64
);
text_id!(
    /// The SHA-256 of an artifact's bytes in lower-case hexadecimal (P2).
    ArtifactDigest, "artifact digest", 64
);

/// The generation of the server's data: +1 at each restore of a backup, not at a restart (R2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Generation(pub u64);

/// The number that only grows for one target; whoever holds the highest may touch it (A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[serde(transparent)]
pub struct TargetFence(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_a_space_or_beyond_its_length_is_refused() {
        assert!("r-1".parse::<RunnerId>().is_ok());
        for bad in ["", "a b", "ä", &"x".repeat(65)] {
            let error = bad.parse::<RunnerId>().expect_err(bad);
            assert_eq!(error.kind, "runner id");
        }
    }
}
