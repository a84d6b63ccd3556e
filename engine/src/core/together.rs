//! Which revisions of several sources go together (P5).

use std::collections::BTreeMap;

use super::input::Revision;

/// How many sets are looked at. More are only there when sources share much and nothing of it fits.
const MOST_TRIED: usize = 20_000;

/// A source besides the pipeline's own, and what it could bring, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// As the pipeline file calls it.
    pub source: String,
    pub offers: Vec<Offer>,
    /// Why there is nothing, where there is nothing.
    pub otherwise: String,
}

/// What a source brings: its revision, and for a release of another pipeline everything that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// For people: `release #7 of library`.
    pub name: String,
    pub revisions: Vec<Revision>,
}

/// Why nothing starts, as far as one source is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsatisfied {
    pub source: String,
    pub why: String,
}

impl std::fmt::Display for Unsatisfied {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.source, self.why)
    }
}

/// The newest set in which nothing that two sources share is of two revisions: `own`, then what each source adds to it.
///
/// # Errors
/// Where there is none, every source that cannot be satisfied says why.
pub fn together(own: &Revision, choices: &[Choice]) -> Result<Vec<Revision>, Vec<Unsatisfied>> {
    let mut set = Set::of(own);
    let mut tried = 0;
    if set.complete(choices, &mut tried) {
        return Ok(set.revisions);
    }
    let alone = |choice: &Choice| choice.offers.iter().any(|offer| Set::of(own).conflict(offer).is_none());
    let mut unsatisfied: Vec<Unsatisfied> =
        choices.iter().filter(|choice| !alone(choice)).map(|choice| says(choice, why_not_with(own, choice))).collect();
    if unsatisfied.is_empty() {
        // Each goes together with the pipeline's own revision, and they do not with each other.
        let others = |name: &str| {
            let names: Vec<&str> = choices.iter().map(|choice| choice.source.as_str()).filter(|other| *other != name).collect();
            names.join(" and ")
        };
        let clash = |choice: &Choice| format!("nothing that it offers goes together with what {} offers", others(&choice.source));
        unsatisfied =
            choices.iter().filter(|choice| !goes_with_the_rest(own, choice, choices)).map(|choice| says(choice, clash(choice))).collect();
    }
    Err(unsatisfied)
}

fn says(choice: &Choice, why: String) -> Unsatisfied {
    Unsatisfied { source: choice.source.clone(), why }
}

fn why_not_with(own: &Revision, choice: &Choice) -> String {
    let Some(newest) = choice.offers.first() else { return choice.otherwise.clone() };
    let Some((held, other)) = Set::of(own).conflict(newest) else { return choice.otherwise.clone() };
    let older = if choice.offers.len() > 1 { format!("; neither is any of {} older ones", choice.offers.len() - 1) } else { String::new() };
    format!(
        "{} is not of the same {}: it has {}, and this release would have {}{older}",
        newest.name,
        other.source,
        short(other),
        short(&held)
    )
}

/// Whether some offer of it fits to some offer of each other one, two at a time.
fn goes_with_the_rest(own: &Revision, choice: &Choice, choices: &[Choice]) -> bool {
    choices.iter().filter(|other| other.source != choice.source).all(|other| {
        choice.offers.iter().any(|offer| {
            let mut set = Set::of(own);
            set.take(offer) && other.offers.iter().any(|offer| set.conflict(offer).is_none())
        })
    })
}

fn short(revision: &Revision) -> &str {
    revision.commit.get(..8).unwrap_or(&revision.commit)
}

/// What was chosen so far.
struct Set {
    revisions: Vec<Revision>,
    by_source: BTreeMap<String, Revision>,
}

impl Set {
    fn of(own: &Revision) -> Self {
        Self { revisions: vec![own.clone()], by_source: BTreeMap::from([(own.source.clone(), own.clone())]) }
    }

    /// The revision that is held and the other one of the same source that the offer has.
    fn conflict<'o>(&self, offer: &'o Offer) -> Option<(Revision, &'o Revision)> {
        let other = |revision: &'o Revision| {
            let held = self.by_source.get(&revision.source)?;
            (held.commit != revision.commit).then(|| (held.clone(), revision))
        };
        offer.revisions.iter().find_map(other)
    }

    fn take(&mut self, offer: &Offer) -> bool {
        if self.conflict(offer).is_some() {
            return false;
        }
        for revision in &offer.revisions {
            if !self.by_source.contains_key(&revision.source) {
                self.by_source.insert(revision.source.clone(), revision.clone());
                self.revisions.push(revision.clone());
            }
        }
        true
    }

    /// The first choice that fits goes on with the next source; where nothing fits, an earlier one is chosen anew.
    fn complete(&mut self, choices: &[Choice], tried: &mut usize) -> bool {
        let Some((choice, rest)) = choices.split_first() else { return true };
        for offer in &choice.offers {
            *tried += 1;
            if *tried > MOST_TRIED {
                return false;
            }
            let mut next = Self { revisions: self.revisions.clone(), by_source: self.by_source.clone() };
            if next.take(offer) && next.complete(rest, tried) {
                *self = next;
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Time;

    fn revision(source: &str, commit: &str) -> Revision {
        Revision {
            source: source.to_owned(),
            commit: commit.to_owned(),
            reference: "main".to_owned(),
            title: String::new(),
            author: String::new(),
            committed_at: Time(0),
        }
    }

    fn choice(source: &str, offers: &[&[(&str, &str)]]) -> Choice {
        let offer = |(at, revisions): (usize, &&[(&str, &str)])| Offer {
            name: format!("release #{} of {source}", offers.len() - at),
            revisions: revisions.iter().map(|(source, commit)| revision(source, commit)).collect(),
        };
        let offers = offers.iter().enumerate().map(offer).collect();
        Choice { source: source.to_owned(), offers, otherwise: format!("no release of {source} has completed") }
    }

    fn set(own: (&str, &str), choices: &[Choice]) -> Result<Vec<String>, Vec<String>> {
        let revisions = together(&revision(own.0, own.1), choices);
        let named = |revision: Revision| format!("{}@{}", revision.source, revision.commit);
        revisions.map(|all| all.into_iter().map(named).collect()).map_err(|all| all.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn p5_sources_that_share_nothing_each_bring_their_newest() {
        let choices = [choice("config", &[&[("config", "b")], &[("config", "a")]]), choice("library", &[&[("library", "#2")]])];
        assert_eq!(set(("app", "x"), &choices), Ok(vec!["app@x".to_owned(), "config@b".to_owned(), "library@#2".to_owned()]));
    }

    #[test]
    fn p5_a_release_of_the_same_repository_counts_only_with_the_same_revision_of_it() {
        let library = choice("library", &[&[("library", "#3"), ("app", "z")], &[("library", "#2"), ("app", "y")]]);
        assert_eq!(set(("app", "y"), std::slice::from_ref(&library)), Ok(vec!["app@y".to_owned(), "library@#2".to_owned()]));
        let why = set(("app", "x"), &[library]).unwrap_err();
        let expected = "library: release #2 of library is not of the same app: it has z, and this release would have x; neither is any of 1 older ones";
        assert_eq!(why, [expected]);
    }

    #[test]
    fn p5_a_diamond_takes_both_sides_from_one_release_of_their_source() {
        let left = choice("left", &[&[("left", "#9"), ("base", "#5")], &[("left", "#8"), ("base", "#4")]]);
        let right = choice("right", &[&[("right", "#3"), ("base", "#4")]]);
        let chosen = set(("app", "x"), &[left.clone(), right]);
        assert_eq!(
            chosen,
            Ok(["app@x", "left@#8", "base@#4", "right@#3"].map(str::to_owned).to_vec()),
            "an older left fits the only right"
        );
        let right = choice("right", &[&[("right", "#2"), ("base", "#3")]]);
        let why = set(("app", "x"), &[left, right]).unwrap_err();
        assert_eq!(
            why,
            [
                "left: nothing that it offers goes together with what right offers",
                "right: nothing that it offers goes together with what left offers"
            ]
        );
    }

    #[test]
    fn p5_every_source_without_anything_says_why() {
        let why = set(("app", "x"), &[choice("config", &[]), choice("library", &[])]).unwrap_err();
        assert_eq!(why, ["config: no release of config has completed", "library: no release of library has completed"]);
    }

    #[test]
    fn p5_sets_that_never_fit_are_given_up_in_time() {
        let offers: Vec<Vec<(String, String)>> = (0..100).map(|at| vec![(format!("own-{at}"), at.to_string())]).collect();
        let many = |name: &str| Choice {
            source: name.to_owned(),
            offers: offers
                .iter()
                .map(|all| Offer {
                    name: name.to_owned(),
                    revisions: all.iter().map(|(source, commit)| revision(source, commit)).collect(),
                })
                .collect(),
            otherwise: String::new(),
        };
        let last = choice("last", &[&[("app", "other")]]);
        let why = set(("app", "x"), &[many("a"), many("b"), many("c"), last]).unwrap_err();
        assert!(why.iter().any(|why| why.starts_with("last: ")), "{why:?}");
    }
}
