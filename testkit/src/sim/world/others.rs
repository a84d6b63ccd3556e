use engine::core::id::ReleaseNumber;
use engine::core::input::Revision;
use engine::core::{Choice, Offer, Time, Unsatisfied, together};

use crate::sim::random::Random;

/// Releases of the library that are offered, at the most.
const OFFERED: usize = 6;

/// Sources besides the main line: a repository `config`, and a pipeline `library` that is made of commits of both (P5). It has
/// randomness of its own, so that a history without other sources is what it was before there were any.
#[derive(Debug)]
pub(crate) struct Others {
    random: Random,
    are_there: bool,
    config: u64,
    /// What each release of the library was made of, the newest last.
    library: Vec<Made>,
}

#[derive(Debug, Clone)]
struct Made {
    number: ReleaseNumber,
    /// Of the main line, where the library is built from the very same repository.
    own: Option<Revision>,
    config: u64,
}

impl Others {
    pub(crate) fn new(mut random: Random) -> Self {
        let are_there = random.chance(35);
        Self { random, are_there, config: 1, library: Vec::new() }
    }

    /// Whether one of them has something new, while the main line stands still.
    pub(super) fn move_alone(&mut self) -> bool {
        self.are_there && self.random.chance(25)
    }

    /// The revisions of a release of `own`. Time goes on until there is a set that goes together; answers why nothing started before.
    pub(super) fn gathered(&mut self, own: &Revision, now: Time) -> (Vec<Revision>, Vec<Unsatisfied>) {
        if !self.are_there {
            return (vec![own.clone()], Vec::new());
        }
        self.config += u64::from(self.random.chance(40));
        if self.random.chance(50) {
            let own = self.random.chance(60).then(|| own.clone());
            // It may have been made before the newest commit of `config`.
            let config = self.config.saturating_sub(u64::from(self.random.chance(30)));
            self.release_library(own, config);
        }
        let mut waited = Vec::new();
        loop {
            match together(own, &self.choices(now)) {
                Ok(revisions) => return (revisions, waited),
                Err(why) => {
                    waited.extend(why);
                    self.release_library(Some(own.clone()), self.config);
                }
            }
        }
    }

    fn release_library(&mut self, own: Option<Revision>, config: u64) {
        let number = ReleaseNumber(self.library.last().map_or(1, |last| last.number.0 + 1));
        self.library.push(Made { number, own, config });
        let surplus = self.library.len().saturating_sub(OFFERED);
        self.library.drain(..surplus);
    }

    fn choices(&self, now: Time) -> Vec<Choice> {
        let revision = |source: &str, commit: String, reference: String| Revision {
            source: source.to_owned(),
            commit,
            reference,
            title: String::new(),
            author: "grace".to_owned(),
            committed_at: now,
        };
        let config = |at: u64| revision("config", format!("config-{at}"), "main".to_owned());
        let offer = |made: &Made| {
            let own = revision("pipeline:library", format!("digest-of-library-{}", made.number.0), made.number.to_string());
            let revisions = [Some(own), made.own.clone(), Some(config(made.config))];
            Offer { name: format!("release {} of library", made.number), revisions: revisions.into_iter().flatten().collect() }
        };
        let head = Offer { name: "the head of main".to_owned(), revisions: vec![config(self.config)] };
        let library = self.library.iter().rev().map(offer).collect();
        vec![
            Choice { source: "config".to_owned(), offers: vec![head], otherwise: String::new() },
            Choice { source: "library".to_owned(), offers: library, otherwise: "no release of library has completed".to_owned() },
        ]
    }
}
