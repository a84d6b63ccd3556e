use crate::SourceFile;
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{MOST_BYTES, Problem, Reader, Span};

impl SourceFile {
    /// The text of bytes that came from outside: an upload, a file of a repository. UTF-8, with or without a byte order mark.
    ///
    /// # Errors
    /// One finding: too large (the bytes are not looked at), another encoding, or a zero byte.
    pub fn of_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        let name = name.into();
        text_of(bytes).map(|text| Self::new(name.clone(), text)).map_err(|problem| {
            let mut reader = Reader::default();
            reader.report(*problem);
            let finding = |code| Diagnostic { code, ..blank(&name) };
            Box::new(reader.finish(&name, "").into_iter().next().unwrap_or_else(|| finding(Code::Encoding)))
        })
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, Box<Problem>> {
    let at = Span::new(0, 0);
    if bytes.len() > MOST_BYTES {
        let problem = Problem::error(Code::TooLarge, at, format!("the file has {} bytes", bytes.len())).expected("at most 1 MiB");
        return Err(Box::new(problem.help("what a pipeline needs beside its file belongs into artifacts")));
    }
    let encoding = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        // Text of these without a mark has a zero byte in its first character.
        [0, _, ..] | [_, 0, ..] => Some("UTF-16 or UTF-32, or no text at all"),
        _ => None,
    };
    let wrong = |message: String| {
        Box::new(Problem::error(Code::Encoding, at, message).expected("UTF-8").help("save the file as UTF-8: `iconv -t UTF-8`"))
    };
    if let Some(encoding) = encoding {
        return Err(wrong(format!("the file is {encoding}")));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line = |end: usize| bytes.get(..end).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1;
    if let Some(zero) = bytes.iter().position(|byte| *byte == 0) {
        return Err(wrong(format!("line {} holds a zero byte", line(zero))));
    }
    std::str::from_utf8(bytes).map_err(|error| wrong(format!("line {} is not UTF-8", line(error.valid_up_to()))))
}

fn blank(name: &str) -> Diagnostic {
    use crate::diagnostic::{Place, Severity};
    Diagnostic {
        code: Code::Encoding,
        severity: Severity::Error,
        message: "the file is not UTF-8".to_owned(),
        file: name.to_owned(),
        place: Place { start: 0, end: 0, line: 1, column: 1, end_line: 1, end_column: 1 },
        expected: None,
        help: None,
    }
}
