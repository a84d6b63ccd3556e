/// A range of bytes of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Span {
    /// 0: the text that is read; others by [`super::Reader::add_file`].
    pub(crate) file: u16,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { file: 0, start: narrow(start), end: narrow(end.max(start)) }
    }

    pub(crate) fn of_file(self, file: u16) -> Self {
        Self { file, ..self }
    }

    /// The part from byte `offset` of this span on, `length` bytes long, kept inside this span.
    pub(crate) fn part(self, offset: usize, length: usize) -> Self {
        let start = (self.start as usize + offset).min(self.end as usize);
        Self::new(start, (start + length).min(self.end as usize)).of_file(self.file)
    }
}
