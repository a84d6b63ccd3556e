use std::fmt::Write as _;

use super::Diagnostic;
use crate::SourceFile;

/// Longer lines are cut around the place, so that a file of one line does not flood a terminal.
const WIDTH: usize = 120;

impl Diagnostic {
    /// For a terminal, without colours:
    ///
    /// ```text
    /// error[unknown_key]: a stage has no key `job`
    ///  --> .tidegate/pipeline.yaml:4:5
    ///   |
    /// 4 |     job: []
    ///   |     ^^^
    ///   = help: did you mean `jobs`?
    /// ```
    #[must_use]
    pub fn render(&self, source: &SourceFile) -> String {
        let number = self.place.line.to_string();
        let margin = " ".repeat(number.len());
        let mut out = format!("{}[{}]: {}\n", self.severity.as_str(), self.code.as_str(), self.message);
        let _ = writeln!(out, "{margin}--> {}:{}:{}", self.file, self.place.line, self.place.column);
        let line = source.text_of(&self.file).and_then(|text| text.split('\n').nth(self.place.line as usize - 1));
        if let Some(line) = line {
            let (shown, before, length) = self.excerpt(line.trim_end_matches('\r'));
            let _ = writeln!(out, "{margin} |");
            let _ = writeln!(out, "{}", format!("{number} | {shown}").trim_end());
            let _ = writeln!(out, "{margin} | {}{}", " ".repeat(before), "^".repeat(length));
        }
        if let Some(expected) = &self.expected {
            let _ = writeln!(out, "{margin} = expected: {expected}");
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{margin} = help: {help}");
        }
        out
    }

    /// The line as it is shown, how many characters stand before the underlined ones, and how many those are.
    fn excerpt(&self, line: &str) -> (String, usize, usize) {
        let characters: Vec<char> = line.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
        let start = (self.place.column as usize - 1).min(characters.len());
        let end = if self.place.end_line > self.place.line { characters.len() } else { self.place.end_column as usize - 1 };
        let end = end.clamp(start, characters.len());
        let first = if start > WIDTH / 2 { start - WIDTH / 4 } else { 0 };
        let last = (first + WIDTH).min(characters.len());
        let mut shown: String = characters.get(first..last).unwrap_or_default().iter().collect();
        let mut before = start - first;
        if first > 0 {
            shown.insert_str(0, "… ");
            before += 2;
        }
        if last < characters.len() {
            shown.push_str(" …");
        }
        (shown, before, (end.min(last).saturating_sub(start)).max(1))
    }
}
