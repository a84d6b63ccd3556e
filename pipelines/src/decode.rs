//! Bytes that came from outside become text, or a finding that says what they are instead.

use crate::SourceFile;
use crate::diagnostic::{Code, Diagnostic, Lines, Severity};
use crate::text::MOST_BYTES;

const MARK: &[u8] = b"\xef\xbb\xbf";

impl SourceFile {
    /// The text of bytes that came from outside: an upload, a file of a repository. UTF-8, with or without a byte order mark.
    ///
    /// # Errors
    /// One finding: too large (the bytes are not looked at), another encoding with its name or its first byte that is not UTF-8, or a
    /// zero byte. [`Self::shown`] is what to render it with.
    pub fn of_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        let name = name.into();
        text_of(bytes).map(|text| Self::new(name.clone(), text)).map_err(|wrong| Box::new(wrong.finding(name, bytes)))
    }

    /// As [`Self::of_bytes`]; what is wrong with the bytes is heard by whoever compiles them.
    #[must_use]
    pub fn read(name: impl Into<String>, bytes: &[u8]) -> Self {
        let name = name.into();
        Self::of_bytes(&*name, bytes).unwrap_or_else(|finding| Self { unreadable: vec![*finding], ..Self::shown(name, bytes) })
    }

    /// Adds a file that this one names.
    pub fn add_file(&mut self, path: &str, bytes: &[u8]) {
        let file = Self::read(path, bytes);
        self.files.insert(path.to_owned(), file.text);
        self.unreadable.extend(file.unreadable);
    }

    /// What people see of bytes that are no text: as much as can be read of them.
    #[must_use]
    pub fn shown(name: impl Into<String>, bytes: &[u8]) -> Self {
        let bytes = bytes.get(..MOST_BYTES).unwrap_or(bytes);
        let text = match foreign(bytes) {
            Some(Foreign { decode: Some(decode), .. }) => decode(bytes),
            _ => String::from_utf8_lossy(bytes.strip_prefix(MARK).unwrap_or(bytes)).into_owned(),
        };
        Self::new(name, text)
    }
}

/// Why bytes are no text.
struct Wrong {
    code: Code,
    message: String,
    /// The byte at which it shows, behind a mark.
    at: usize,
    expected: &'static str,
    help: String,
}

fn text_of(bytes: &[u8]) -> Result<&str, Wrong> {
    if bytes.len() > MOST_BYTES {
        return Err(Wrong {
            code: Code::TooLarge,
            message: format!("the file has {} bytes", bytes.len()),
            at: 0,
            expected: "at most 1 MiB",
            help: "what a pipeline needs beside its file belongs into artifacts".to_owned(),
        });
    }
    if let Some(foreign) = foreign(bytes) {
        return Err(Wrong::encoding(format!("the file is {}", foreign.words), 0, foreign.name));
    }
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if let Some(zero) = bytes.iter().position(|byte| *byte == 0) {
        let place = place(bytes, zero);
        let help = "remove it; a file with such bytes was damaged, or is no text at all".to_owned();
        return Err(Wrong { help, ..Wrong::encoding(format!("a zero byte at {place}"), zero, "") });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        // What it is in the encoding of which most files are that are not UTF-8; the C1 controls are letters of Windows-1252 alone.
        let guess = match byte {
            0xa0..=0xff => format!("; in Latin-1 it would be `{}`", char::from(byte)),
            _ => String::new(),
        };
        Wrong::encoding(format!("the byte 0x{byte:02X} at {} is not UTF-8{guess}", place(bytes, at)), at, "WINDOWS-1252")
    })
}

impl Wrong {
    fn encoding(message: String, at: usize, from: &str) -> Self {
        let help = format!("save the file as UTF-8, or convert it: `iconv -f {from} -t UTF-8`");
        Self { code: Code::Encoding, message, at, expected: "UTF-8", help }
    }

    fn finding(self, file: String, bytes: &[u8]) -> Diagnostic {
        let before = bytes.strip_prefix(MARK).unwrap_or(bytes).get(..self.at).unwrap_or_default();
        let text = String::from_utf8_lossy(before);
        let at = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut place = Lines::of(&text).place(at, at);
        place.end_column += 1;
        Diagnostic {
            code: self.code,
            severity: Severity::Error,
            message: self.message,
            file,
            place,
            expected: Some(self.expected.to_owned()),
            help: Some(self.help),
        }
    }
}

/// `line 3, column 7`: of the characters before it, all of which are UTF-8.
fn place(bytes: &[u8], at: usize) -> String {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}

/// An encoding of wider units, recognised by its byte order mark, or by the zero byte of a first character below U+0100.
struct Foreign {
    /// As `iconv` knows it.
    name: &'static str,
    words: &'static str,
    decode: Option<Decode>,
}

type Decode = fn(&[u8]) -> String;

fn foreign(bytes: &[u8]) -> Option<Foreign> {
    let (name, words, decode): (_, _, Option<Decode>) = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => ("UTF-32", "UTF-32, by its byte order mark", None),
        [0xff, 0xfe, ..] => ("UTF-16", "UTF-16 (little-endian), by its byte order mark FF FE", Some(little)),
        [0xfe, 0xff, ..] => ("UTF-16", "UTF-16 (big-endian), by its byte order mark FE FF", Some(big)),
        [0, 0, 0, 0, ..] => return None,
        [_, 0, 0, 0, ..] => ("UTF-32LE", "UTF-32 (little-endian) without a byte order mark, by its zero bytes", None),
        [0, 0, 0, _, ..] => ("UTF-32BE", "UTF-32 (big-endian) without a byte order mark, by its zero bytes", None),
        [_, 0, _, 0, ..] => ("UTF-16LE", "UTF-16 (little-endian) without a byte order mark, by its zero bytes", Some(little)),
        [0, _, 0, _, ..] => ("UTF-16BE", "UTF-16 (big-endian) without a byte order mark, by its zero bytes", Some(big)),
        _ => return None,
    };
    Some(Foreign { name, words, decode })
}

fn little(bytes: &[u8]) -> String {
    utf16(bytes, u16::from_le_bytes)
}

fn big(bytes: &[u8]) -> String {
    utf16(bytes, u16::from_be_bytes)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).filter(|unit| *unit != 0xfeff);
    char::decode_utf16(units).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
