//! Tokens: `<prefix>_<id>_<secret>`. The secret has 256 random bits, so that a plain SHA-256 of it is
//! a sound thing to store and to look up; the id names it in lists.

use engine::ports::Ids;
use sha2::{Digest, Sha256};

/// What a token is for, told by its prefix, so that one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `tg_`: an API token.
    Api,
    /// `tgs_`: a session, in a cookie.
    Session,
    /// `tgf_`: the one-time link of the first start.
    FirstStart,
    /// `tga_`: the one way to a forge and back.
    ForgeApp,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Api => "tg",
            Self::Session => "tgs",
            Self::FirstStart => "tgf",
            Self::ForgeApp => "tga",
        }
    }
}

/// A new token: `text` is shown once, `id` and `hash` are stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Minted {
    pub id: String,
    pub text: String,
    pub hash: String,
}

impl std::fmt::Debug for Minted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Minted").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A token as somebody presented it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    pub id: String,
    secret: String,
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presented").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Makes a token.
pub fn mint(kind: Kind, ids: &dyn Ids) -> Minted {
    let id = ids.uuid().replace('-', "");
    let secret = format!("{}{}", ids.token(), ids.token());
    Minted { text: format!("{}_{id}_{secret}", kind.prefix()), hash: hash(&secret), id }
}

/// Takes a token apart; none when it is not one of `kind`.
#[must_use]
pub fn parse(kind: Kind, text: &str) -> Option<Presented> {
    let rest = text.strip_prefix(kind.prefix())?.strip_prefix('_')?;
    let (id, secret) = rest.split_once('_')?;
    let hexadecimal = |part: &str, max: usize| (16..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hexadecimal(id, 32) && hexadecimal(secret, 64)).then(|| Presented { id: id.to_owned(), secret: secret.to_owned() })
}

impl Presented {
    /// Under which it is stored.
    #[must_use]
    pub fn hash(&self) -> String {
        hash(&self.secret)
    }
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Counted;
    impl Ids for Counted {
        fn uuid(&self) -> String {
            "0190b2c4-0000-7000-8000-000000000001".to_owned()
        }
        fn token(&self) -> String {
            "00112233445566778899aabbccddeeff".to_owned()
        }
    }

    #[test]
    fn a_token_is_found_by_the_hash_of_its_secret() {
        let minted = mint(Kind::Api, &Counted);
        let presented = parse(Kind::Api, &minted.text).expect("our own token");
        assert_eq!(presented.id, minted.id);
        assert_eq!(presented.hash(), minted.hash);
        assert!(!minted.hash.contains("0011"), "the stored hash shows the secret");
        assert!(!format!("{minted:?}{presented:?}").contains("0011"), "debug output shows the secret");
    }

    #[test]
    fn a_token_of_another_kind_or_shape_is_none() {
        let minted = mint(Kind::Session, &Counted);
        assert!(parse(Kind::Api, &minted.text).is_none());
        for bad in
            ["", "tg_", "tg__", "tg_0190b2c400007000_", "tg_zz90b2c400007000_00112233445566778899aabbccddeeff", "tg_0190b2c400007000_ä"]
        {
            assert!(parse(Kind::Api, bad).is_none(), "{bad:?}");
        }
    }
}
