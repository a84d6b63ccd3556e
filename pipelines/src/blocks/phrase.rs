use crate::expression::Template;

/// A text of a block with the places where its inputs stand. Everything else, other `${{ … }}` included,
/// stays as written and is inserted when the job is leased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Phrase {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Written(String),
    Input(String),
}

impl Phrase {
    /// Reads `text`; what is wrong with it is answered as an offset and a message.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let template = Template::parse(text).map_err(|error| (error.offset, error.message))?;
        let mut pieces = Vec::new();
        let mut position = 0;
        for (expression, span) in template.expressions() {
            let Some(name) = expression.text().trim().strip_prefix("inputs.").filter(|name| is_name(name)) else {
                if expression.references().iter().any(|reference| reference == "inputs" || reference.starts_with("inputs.")) {
                    return Err((span.start, "a block inserts an input alone: `${{ inputs.name }}`".to_owned()));
                }
                continue;
            };
            pieces.push(Piece::Written(text.get(position..span.start).unwrap_or_default().to_owned()));
            pieces.push(Piece::Input(name.to_owned()));
            position = span.end;
        }
        pieces.push(Piece::Written(text.get(position..).unwrap_or_default().to_owned()));
        pieces.retain(|piece| !matches!(piece, Piece::Written(text) if text.is_empty()));
        Ok(Self { pieces })
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Input(name) => Some(name.as_str()),
            Piece::Written(_) => None,
        })
    }

    /// The text with the inputs that `value_of` answers; one that is not given is left out.
    pub(crate) fn with<'v>(&self, value_of: impl Fn(&str) -> Option<&'v str>) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Written(written) => text.push_str(written),
                Piece::Input(name) => text.push_str(value_of(name).unwrap_or_default()),
            }
        }
        text
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
