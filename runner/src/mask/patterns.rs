use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use protocol::Secret;

/// Shorter values are not secrets: masking them would riddle the log and show by its holes what they are.
pub(super) const MIN_BYTES: usize = 4;
/// A leaf of a structured secret (JSON, dotenv) may be an ordinary word such as a region.
const MIN_LEAF_BYTES: usize = 6;
/// `base64` breaks its lines after 76 characters, PEM after 64.
const WRAPS: [usize; 2] = [76, 64];

/// Every text in which a secret is promised to be found: the value, its lines, its leaves when it is
/// JSON or dotenv; each of them raw, escaped for JSON, shell and HTML, in hexadecimal, URL-encoded,
/// and in base64 (standard and URL-safe, at each of the three alignments, broken into lines, and twice).
pub(super) fn of(secrets: &[Secret]) -> Vec<Vec<u8>> {
    let mut out = Patterns(BTreeSet::new());
    for secret in secrets {
        for value in values(&secret.value) {
            out.add_encodings(&value);
        }
    }
    out.0.into_iter().collect()
}

fn values(value: &str) -> BTreeSet<String> {
    let mut values = BTreeSet::from([value.to_owned(), value.trim().to_owned()]);
    if value.trim().contains('\n') {
        values.extend(value.lines().map(|line| line.trim().to_owned()));
    }
    values.extend(value.lines().filter_map(dotenv_leaf).filter(|leaf| leaf.len() >= MIN_LEAF_BYTES));
    if let Ok(json @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) = serde_json::from_str(value) {
        json_leaves(&json, &mut values);
    }
    values.retain(|value| value.len() >= MIN_BYTES);
    values
}

fn dotenv_leaf(line: &str) -> Option<String> {
    let (key, value) = line.trim().trim_start_matches("export ").split_once('=')?;
    let is_name = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| value.trim().trim_matches(|c| c == '"' || c == '\'').to_owned())
}

fn json_leaves(json: &serde_json::Value, out: &mut BTreeSet<String>) {
    match json {
        serde_json::Value::String(text) if text.len() >= MIN_LEAF_BYTES => {
            out.insert(text.clone());
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| json_leaves(item, out)),
        serde_json::Value::Object(fields) => fields.values().for_each(|item| json_leaves(item, out)),
        _ => {}
    }
}

struct Patterns(BTreeSet<Vec<u8>>);

impl Patterns {
    fn add(&mut self, pattern: impl Into<Vec<u8>>) {
        let pattern = pattern.into();
        if pattern.len() >= MIN_BYTES {
            self.0.insert(pattern);
        }
    }

    fn add_encodings(&mut self, value: &str) {
        self.add(value);
        for text in [json(value), json_ascii(value), shell(value), html(value)] {
            self.add(text);
        }
        for space in ["%20", "+"] {
            self.add(url(value, space, |byte| format!("%{byte:02X}")));
            self.add(url(value, space, |byte| format!("%{byte:02x}")));
        }
        self.add(hex::encode(value));
        self.add(hex::encode_upper(value));
        let once = STANDARD_NO_PAD.encode(value);
        self.add_base64(value.as_bytes());
        self.add_base64(STANDARD.encode(value).as_bytes());
        self.add_base64(STANDARD.encode(format!("{value}\n")).as_bytes());
        for wrap in WRAPS.into_iter().filter(|wrap| once.len() > *wrap) {
            for line in once.as_bytes().chunks(wrap) {
                self.add(line);
            }
        }
    }

    fn add_base64(&mut self, bytes: &[u8]) {
        for whole in [STANDARD.encode(bytes), URL_SAFE.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
            self.add(whole);
        }
        for before in 0..3 {
            let mut shifted = vec![0; before];
            shifted.extend_from_slice(bytes);
            // Only the characters that depend on the secret alone.
            let from = (before * 8).div_ceil(6);
            let until = shifted.len() * 8 / 6;
            for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
                self.add(text.get(from..until).unwrap_or_default());
            }
        }
    }
}

fn json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&quoted).to_owned()
}

/// As many languages write it: everything beyond ASCII as `\uXXXX`, and `/` as it is.
fn json_ascii(value: &str) -> String {
    json(value).encode_utf16().fold(String::new(), |mut out, unit| {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
        out
    })
}

fn shell(value: &str) -> String {
    value.replace('\'', r"'\''")
}

fn html(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn url(value: &str, space: &str, escape: fn(u8) -> String) -> String {
    value.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b' ' => out.push_str(space),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') => out.push(char::from(byte)),
            byte => out.push_str(&escape(byte)),
        }
        out
    })
}
