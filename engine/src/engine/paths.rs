use globset::{GlobBuilder, GlobSetBuilder};

/// Whether any changed path matches one of the patterns of a trigger (`**` crosses folders, `*` does not).
///
/// A pattern that cannot be read counts as a match: rather one release too many than one too few.
pub(super) fn any_matches(patterns: &[String], changed: &[String]) -> bool {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        match GlobBuilder::new(pattern).literal_separator(true).build() {
            Ok(glob) => set.add(glob),
            Err(_) => return true,
        };
    }
    set.build().map_or(true, |set| changed.iter().any(|path| set.is_match(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        any_matches(&[pattern.to_owned()], &[path.to_owned()])
    }

    #[test]
    fn two_stars_cross_folders_and_one_does_not() {
        assert!(matches("services/orders/**", "services/orders/src/deep/main.rs"));
        assert!(!matches("services/orders/**", "services/billing/main.rs"));
        assert!(matches("*.md", "README.md"));
        assert!(!matches("*.md", "docs/cli.md"));
        assert!(matches("**/*.md", "docs/cli.md"));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_rather_starts_a_release() {
        assert!(matches("src/[", "anything"));
    }
}
