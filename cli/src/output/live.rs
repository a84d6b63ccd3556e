use std::io::{self, Write};

use super::Output;

/// A block of lines that is drawn again in place. On anything but a terminal each drawing that
/// differs from the last is printed below it.
#[derive(Debug)]
pub(crate) struct Live {
    output: Output,
    drawn: Vec<String>,
}

impl Live {
    pub(crate) fn new(output: &Output) -> Self {
        Self { output: output.clone(), drawn: Vec::new() }
    }

    /// Lines may be painted; what does not fit the screen is left out, newest lines last.
    pub(crate) fn draw(&mut self, lines: Vec<String>) -> io::Result<()> {
        if lines == self.drawn {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        if !self.output.is_live {
            for line in &lines {
                writeln!(stdout, "{line}")?;
            }
            self.drawn = lines;
            return stdout.flush();
        }
        let width = self.output.width();
        let lines: Vec<String> = lines.into_iter().take(self.output.height().saturating_sub(1)).collect();
        let mut frame = String::new();
        if !self.drawn.is_empty() {
            frame.push_str(&format!("\u{1b}[{}A", self.drawn.len()));
        }
        for line in &lines {
            frame.push_str("\r\u{1b}[2K");
            frame.push_str(&cut_painted(line, width));
            frame.push('\n');
        }
        frame.push_str("\u{1b}[0J");
        self.drawn = lines;
        stdout.write_all(frame.as_bytes())?;
        stdout.flush()
    }
}

/// Cuts to `width` visible characters; the escapes that [`super::Style`] makes count nothing.
fn cut_painted(line: &str, width: usize) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut visible = 0;
    let mut in_escape = false;
    for c in line.chars() {
        if in_escape {
            kept.push(c);
            in_escape = c != 'm';
        } else if c == '\u{1b}' {
            kept.push(c);
            in_escape = true;
        } else if visible < width {
            kept.push(c);
            visible += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_room_and_are_closed_even_when_their_text_is_cut() {
        assert_eq!(cut_painted("\u{1b}[32mgreen\u{1b}[0m rest", 3), "\u{1b}[32mgre\u{1b}[0m");
    }
}
