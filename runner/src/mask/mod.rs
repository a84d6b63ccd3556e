//! Keeps secrets out of whatever leaves the runner (A9).
//!
//! Invariant: no byte is given out while it could still be the beginning of a secret, so it does not
//! matter where a text is cut. Masked are the encodings of [`patterns`], and only those.

mod patterns;

use std::sync::Arc;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, MatchKind};
use protocol::Secret;

/// What stands in the place of a secret.
pub const MASK: &[u8] = b"***";

/// The beginning of a secret that the text ended in is masked too from this length on.
const MASKED_BEGINNING_BYTES: usize = 8;

/// Why secrets could not be turned into an automaton: together they are too large.
#[derive(Debug, thiserror::Error)]
#[error("the job's secrets are too large to mask ({0}); hand large material over as a file that the job fetches")]
pub struct TooLarge(#[from] aho_corasick::BuildError);

/// Finds every promised encoding of a set of secrets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Masker {
    known: Option<Arc<Known>>,
}

#[derive(Debug)]
struct Known {
    automaton: NFA,
    start: StateID,
    pattern_bytes: Vec<usize>,
    /// How many bytes of a secret have been seen in a state, sorted by state.
    depths: Vec<(StateID, u32)>,
}

impl Masker {
    /// Prepares for these secrets; a thousand of them take a moment.
    ///
    /// # Errors
    /// When they are too large together.
    pub fn new(secrets: &[Secret]) -> Result<Self, TooLarge> {
        let patterns = patterns::of(secrets);
        if patterns.is_empty() {
            return Ok(Self { known: None });
        }
        let automaton = NFA::builder().match_kind(MatchKind::Standard).build(&patterns)?;
        let start = automaton.start_state(Anchored::No).unwrap_or(StateID::ZERO);
        let depths = depths(&automaton, start, &patterns);
        let pattern_bytes = patterns.iter().map(Vec::len).collect();
        Ok(Self { known: Some(Arc::new(Known { automaton, start, pattern_bytes, depths })) })
    }

    /// Masks a text that is there as a whole.
    #[must_use]
    pub fn mask_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.mask_bytes(text.as_bytes())).into_owned()
    }

    /// As [`Self::mask_text`], for bytes.
    #[must_use]
    pub fn mask_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut stream = self.stream();
        stream.push(bytes, &mut out);
        stream.finish(&mut out);
        out
    }

    /// Masks a text that arrives in pieces.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream {
            state: self.known.as_ref().map_or(StateID::ZERO, |known| known.start),
            known: self.known.clone(),
            held: Vec::new(),
            found: Vec::new(),
        }
    }
}

/// The state of one text. Call [`Stream::finish`] at its end.
#[derive(Debug)]
pub struct Stream {
    known: Option<Arc<Known>>,
    state: StateID,
    /// Bytes that may be part of a secret whose end has not been seen.
    held: Vec<u8>,
    /// Where secrets lie, relative to the start of `held`; in order, not overlapping.
    found: Vec<Span>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

impl Stream {
    /// Appends to `out` what can be given out now.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(known) = self.known.clone() else {
            out.extend_from_slice(bytes);
            return;
        };
        let before = self.held.len();
        self.held.extend_from_slice(bytes);
        for (position, byte) in bytes.iter().enumerate() {
            self.state = known.automaton.next_state(Anchored::No, self.state, *byte);
            if known.automaton.is_special(self.state) && known.automaton.is_match(self.state) {
                let end = before + position + 1;
                note(&mut self.found, Span { start: end - known.longest_match(self.state).min(end), end });
            }
        }
        let undecided = known.depth(self.state);
        self.give_out(self.held.len() - undecided.min(self.held.len()), out);
    }

    /// The text is over, or something else is written into it: gives out everything.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let Some(known) = &self.known else { return };
        self.state = known.start;
        let end = self.held.len();
        let decided = self.found.last().map_or(0, |span| span.end);
        if end - decided >= MASKED_BEGINNING_BYTES {
            self.found.push(Span { start: decided, end });
        }
        self.give_out(end, out);
    }

    /// Gives out the bytes before `safe`; of a secret that reaches beyond it, nothing yet.
    fn give_out(&mut self, safe: usize, out: &mut Vec<u8>) {
        let mut position = 0;
        let mut spans = 0;
        let mut end = safe;
        for span in &self.found {
            if span.end > safe {
                end = span.start.min(safe);
                break;
            }
            out.extend_from_slice(self.held.get(position..span.start).unwrap_or_default());
            out.extend_from_slice(MASK);
            position = span.end;
            spans += 1;
        }
        out.extend_from_slice(self.held.get(position..end).unwrap_or_default());
        let gone = end.max(position);
        self.held.drain(..gone);
        self.found.drain(..spans);
        for span in &mut self.found {
            span.start -= gone;
            span.end -= gone;
        }
    }
}

impl Known {
    fn longest_match(&self, state: StateID) -> usize {
        (0..self.automaton.match_len(state))
            .filter_map(|index| self.pattern_bytes.get(self.automaton.match_pattern(state, index).as_usize()))
            .copied()
            .max()
            .unwrap_or(0)
    }

    fn depth(&self, state: StateID) -> usize {
        match self.depths.binary_search_by_key(&state, |(known, _)| *known) {
            Ok(index) => self.depths.get(index).map_or(0, |(_, depth)| usize::try_from(*depth).unwrap_or(usize::MAX)),
            Err(_) => 0,
        }
    }
}

/// Adds a find; one that overlaps earlier ones is joined with them.
fn note(found: &mut Vec<Span>, mut span: Span) {
    while let Some(last) = found.last() {
        if last.end <= span.start {
            break;
        }
        span.start = span.start.min(last.start);
        found.pop();
    }
    found.push(span);
}

/// The automaton's state after a beginning of a pattern stands for exactly that beginning, so walking
/// every pattern once tells how many bytes must be held back in which state.
fn depths(automaton: &NFA, start: StateID, patterns: &[Vec<u8>]) -> Vec<(StateID, u32)> {
    let mut depths = Vec::new();
    for pattern in patterns {
        let mut state = start;
        for (depth, byte) in (1_u32..).zip(pattern) {
            state = automaton.next_state(Anchored::No, state, *byte);
            depths.push((state, depth));
        }
    }
    depths.sort_unstable();
    depths.dedup();
    depths
}

#[cfg(test)]
mod tests;
