/// A range of bytes of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end.max(start)) }
    }

    /// The part from byte `offset` of this span on, `length` bytes long, kept inside this span.
    pub(crate) fn part(self, offset: usize, length: usize) -> Self {
        let start = (self.start as usize + offset).min(self.end as usize);
        Self::new(start, (start + length).min(self.end as usize))
    }
}
