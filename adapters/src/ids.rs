//! The system's randomness: the one place where ids and tokens are made.

use engine::ports::Ids;
use rand::Rng;

/// UUIDv7 from the system's time and a cryptographically secure generator; tokens from the same generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the implementation of the Ids port")]
    fn uuid(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }

    fn token(&self) -> String {
        let mut bits = [0_u8; 16];
        // A ChaCha generator that is seeded by the operating system.
        rand::rng().fill_bytes(&mut bits);
        hex::encode(bits)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_version_7_distinct_and_in_order_of_time() {
        let ids: Vec<String> = (0..1000).map(|_| SystemIds.uuid()).collect();
        assert!(ids.iter().all(|id| uuid::Uuid::parse_str(id).unwrap().get_version_num() == 7), "{:?}", ids[0]);
        assert!(ids.is_sorted(), "ids of one process sort by when they were made");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1000);
    }

    #[test]
    fn tokens_are_128_bits_in_hexadecimal_and_distinct() {
        let tokens: BTreeSet<String> = (0..1000).map(|_| SystemIds.token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|token| token.len() == 32 && hex::decode(token).is_ok()));
    }
}
