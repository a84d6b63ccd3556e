//! Figures as a Markdown table, which reads as well on a terminal.

use super::Figure;

const HEADS: [&str; 5] = ["figure", "measured", "goal", "", "floor, same run"];

/// The table, and below it how each figure was measured.
#[must_use]
pub fn render(figures: &[Figure]) -> String {
    let rows: Vec<[String; 5]> = figures.iter().map(row).collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).chain([HEADS[column].len()]).max().unwrap_or(0)
    });
    let mut text = line(&HEADS.map(str::to_owned), &widths);
    text.push_str(&line(&widths.map(|width| "-".repeat(width)), &widths));
    for row in &rows {
        text.push_str(&line(row, &widths));
    }
    text.push('\n');
    for figure in figures {
        text.push_str(&format!("- **{}**: {}\n", figure.name, figure.how));
    }
    text
}

fn row(figure: &Figure) -> [String; 5] {
    let (goal, met) = match &figure.goal {
        Some(goal) => (goal.text.clone(), if goal.met { "pass" } else { "FAIL" }),
        None => (String::new(), ""),
    };
    [figure.name.clone(), figure.measured.clone(), goal, met.to_owned(), figure.floor.clone()]
}

fn line(cells: &[String; 5], widths: &[usize; 5]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("| {} |\n", padded.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_is_shown_as_missed() {
        let figures = [
            Figure::new("fast", "1 µs".to_owned(), "by hand").goal("≤ 2 µs", true).floor("0.5 µs".to_owned()),
            Figure::new("slow", "3 ms".to_owned(), "by hand too").goal("≤ 2 ms", false),
            Figure::new("told", "5".to_owned(), "counted"),
        ];
        insta::assert_snapshot!(render(&figures), @r"
        | figure | measured | goal   |      | floor, same run |
        | ------ | -------- | ------ | ---- | --------------- |
        | fast   | 1 µs     | ≤ 2 µs | pass | 0.5 µs          |
        | slow   | 3 ms     | ≤ 2 ms | FAIL |                 |
        | told   | 5        |        |      |                 |

        - **fast**: by hand
        - **slow**: by hand too
        - **told**: counted
        ");
    }
}
