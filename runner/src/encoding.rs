//! Which bytes of an upload are no text. What else is wrong with one, the server says: it knows the language.

/// # Errors
/// The encoding that the bytes have instead, or the first byte that is not UTF-8 with its place, and how to mend it.
pub(crate) fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let (bytes, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let (what, from) = match bytes {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => ("it is UTF-32, by its byte order mark".to_owned(), "UTF-32"),
            [0xff, 0xfe, ..] => ("it is UTF-16 (little-endian), by its byte order mark FF FE".to_owned(), "UTF-16"),
            [0xfe, 0xff, ..] => ("it is UTF-16 (big-endian), by its byte order mark FE FF".to_owned(), "UTF-16"),
            _ => (first_wrong(bytes, at), "WINDOWS-1252"),
        };
        format!("{what}; expected UTF-8 (write it as UTF-8, or convert it: `iconv -f {from} -t UTF-8`)")
    })
}

fn first_wrong(bytes: &[u8], at: usize) -> String {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let byte = bytes.get(at).copied().unwrap_or_default();
    // Those below are letters of Windows-1252 alone.
    let guess = if byte >= 0xa0 { format!("; in Latin-1 it would be `{}`", char::from(byte)) } else { String::new() };
    format!("the byte 0x{byte:02X} at line {line}, column {column} is not UTF-8{guess}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_encoding_is_named_with_what_converts_it() {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| std::iter::once(0xfeff_u16).chain("jobs: []".encode_utf16()).flat_map(bytes).collect();
        for (bytes, expected) in [
            (
                utf16(u16::to_le_bytes),
                "it is UTF-16 (little-endian), by its byte order mark FF FE; expected UTF-8 (write it as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8`)",
            ),
            (
                utf16(u16::to_be_bytes),
                "it is UTF-16 (big-endian), by its byte order mark FE FF; expected UTF-8 (write it as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8`)",
            ),
            (
                b"jobs:\n# \xc3\xa9t\xc3\xa9 caf\xe9".to_vec(),
                "the byte 0xE9 at line 2, column 10 is not UTF-8; in Latin-1 it would be `é`; expected UTF-8 (write it as UTF-8, or convert it: `iconv -f WINDOWS-1252 -t UTF-8`)",
            ),
            (
                b"\x93".to_vec(),
                "the byte 0x93 at line 1, column 1 is not UTF-8; expected UTF-8 (write it as UTF-8, or convert it: `iconv -f WINDOWS-1252 -t UTF-8`)",
            ),
        ] {
            assert_eq!(text_of(bytes), Err(expected.to_owned()));
        }
        assert_eq!(text_of("jobs: [] # été".as_bytes().to_vec()), Ok("jobs: [] # été".to_owned()));
    }
}
