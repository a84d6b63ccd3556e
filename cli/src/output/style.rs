/// What a piece of text means; the colour follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Good,
    Bad,
    /// Waits, or wants attention.
    Waiting,
    Active,
    /// Less important than the rest.
    Quiet,
    Strong,
}

impl Style {
    pub(crate) fn paint(self, color: bool, text: &str) -> String {
        if !color {
            return text.to_owned();
        }
        let code = match self {
            Self::Good => "32",
            Self::Bad => "31",
            Self::Waiting => "33",
            Self::Active => "36",
            Self::Quiet => "2",
            Self::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
