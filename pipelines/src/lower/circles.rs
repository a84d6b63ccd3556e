use super::Lower;
use super::matrix::Entry;
use crate::diagnostic::Code;
use crate::file;
use crate::text::{Problem, Span, shortened};

/// A longer circle is shown by its ends.
const MOST_NAMED: usize = 8;

impl Lower<'_> {
    /// Jobs that need each other, so that none can begin.
    pub(super) fn report_cycle(&mut self, path: &[usize], forms: &[file::Job], entries: &[Entry]) {
        let circle: Vec<&str> = path.iter().filter_map(|job| entries.get(*job)).map(|entry| entry.name.as_str()).collect();
        // An edge goes from what is needed; people read "needs" the other way round.
        let circle: Vec<&str> = circle.into_iter().rev().collect();
        let first = path.first().and_then(|first| entries.get(*first)).map(|entry| entry.form).unwrap_or_default();
        let before = path.iter().rev().nth(1).and_then(|job| entries.get(*job)).map(|entry| &entry.name);
        let needs = forms.get(first).and_then(|form| form.needs.as_ref());
        let edge = needs.into_iter().flatten().find(|need| Some(&need.value) == before).or_else(|| needs.and_then(|needs| needs.first()));
        let span = edge.map_or(Span::default(), |need| need.span);
        let shown = match circle.as_slice() {
            [first, second, .., last] if circle.len() > MOST_NAMED => {
                format!("{} → {} → … ({} more) … → {}", shortened(first), shortened(second), circle.len() - 3, shortened(last))
            }
            all => all.iter().map(|name| shortened(name)).collect::<Vec<_>>().join(" → "),
        };
        let problem = Problem::error(Code::NeedsCycle, span, format!("jobs need each other in a circle: {shown}"));
        self.report(problem.help("remove one of these `needs`"));
    }
}
