use super::{Output, Style, first_line, plain};

/// Aligned columns with a heading. Cells are made harmless, so that a commit title cannot draw.
#[derive(Debug)]
pub(crate) struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<(String, Option<Style>)>>,
}

impl Table {
    pub(crate) fn new(heading: &[&'static str]) -> Self {
        Self { heading: heading.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = (String, Option<Style>)>) {
        self.rows.push(cells.into_iter().map(|(text, style)| (plain(&first_line(&text)), style)).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The heading first; nothing is wrapped, the last column may be as long as it likes.
    pub(crate) fn lines(&self, output: &Output) -> Vec<String> {
        let columns = self.heading.len();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|(text, _)| text.chars().count());
                cells.chain([self.heading.get(column).map_or(0, |text| text.chars().count())]).max().unwrap_or(0)
            })
            .collect();
        let line = |cells: Vec<(&str, Option<Style>)>| {
            let mut line = String::new();
            for (column, (text, style)) in cells.into_iter().enumerate() {
                let is_last = column + 1 == columns;
                let padding = widths.get(column).copied().unwrap_or(0).saturating_sub(text.chars().count());
                line.push_str(&style.map_or_else(|| text.to_owned(), |style| output.paint(style, text)));
                if !is_last {
                    line.push_str(&" ".repeat(padding + 2));
                }
            }
            line.trim_end().to_owned()
        };
        let mut lines = vec![line(self.heading.iter().map(|text| (*text, Some(Style::Quiet))).collect())];
        lines.extend(self.rows.iter().map(|row| line(row.iter().map(|(text, style)| (text.as_str(), *style)).collect())));
        lines
    }

    pub(crate) fn print(&self, output: &Output) -> std::io::Result<()> {
        self.lines(output).iter().try_for_each(|line| output.line(line))
    }
}
