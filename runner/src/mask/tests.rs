use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn secret(value: &str) -> Secret {
    Secret { name: "S".to_owned(), value: value.to_owned() }
}

fn masked(values: &[&str], text: &str) -> String {
    let secrets: Vec<_> = values.iter().map(|value| secret(value)).collect();
    Masker::new(&secrets).expect("small").mask_text(text)
}

/// Pushes `text` in pieces that end at `cuts`.
fn masked_in_pieces(masker: &Masker, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let (mut out, mut stream) = (Vec::new(), masker.stream());
    for piece in cuts.windows(2) {
        stream.push(&text[piece[0]..piece[1]], &mut out);
    }
    stream.finish(&mut out);
    out
}

#[test]
fn a9_a_value_is_masked_and_what_stands_around_it_is_kept() {
    assert_eq!(masked(&["hunter2-hunter2"], "login hunter2-hunter2 done\n"), "login *** done\n");
    assert_eq!(masked(&["aaab"], "aaaaab"), "aa***");
    assert_eq!(masked(&["abcdef", "defghi"], "xabcdefghix"), "x***x", "overlapping secrets leave nothing between them");
    assert_eq!(masked(&["abcd", "abcdefgh"], "abcdefg"), "***efg");
    assert_eq!(masked(&[], "anything"), "anything");
    assert_eq!(masked(&["abc"], "abc"), "abc", "three characters are no secret");
}

#[test]
fn a9_each_line_and_each_leaf_of_a_structured_secret_is_masked() {
    let pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n";
    assert_eq!(masked(&[pem], "line: hkiG9w0BAQEFAASC."), "line: ***.");
    assert_eq!(masked(&[r#"{"user":"bob","password":"correct-horse"}"#], "pw=correct-horse user=bob"), "pw=*** user=bob");
    assert_eq!(masked(&["A=1\nexport TOKEN='tok-123456'\n"], "got tok-123456"), "got ***");
}

#[test]
fn a9_the_promised_encodings_are_masked() {
    let value = "p\"ä/ss w&rd?'<x>";
    for (name, text) in [
        ("json", r#"p\"ä/ss w&rd?'<x>"#.to_owned()),
        ("json ascii", "p\\\"\\u00e4/ss w&rd?'<x>".to_owned()),
        ("hex", hex::encode(value)),
        ("hex upper", hex::encode_upper(value)),
        ("url", "p%22%C3%A4%2Fss%20w%26rd%3F%27%3Cx%3E".to_owned()),
        ("url lower", "p%22%c3%a4%2fss%20w%26rd%3f%27%3cx%3e".to_owned()),
        ("form", "p%22%C3%A4%2Fss+w%26rd%3F%27%3Cx%3E".to_owned()),
        ("base64 twice", STANDARD.encode(STANDARD.encode(value))),
        ("html", "p&quot;ä/ss w&amp;rd?&#39;&lt;x&gt;".to_owned()),
        ("shell", "p\"ä/ss w&rd?'\\''<x>".to_owned()),
    ] {
        assert_eq!(masked(&[value], &format!("[{text}]")), "[***]", "{name}: {text}");
    }
}

#[test]
fn a9_base64_is_masked_at_each_alignment_and_over_broken_lines() {
    let value = "correct horse battery staple, and then some more of it to make the line break somewhere";
    for before in ["", "u", "us", "usr"] {
        for encoded in [STANDARD.encode(format!("{before}{value}:tail")), URL_SAFE_NO_PAD.encode(format!("{before}{value}:tail"))] {
            let out = masked(&[value], &encoded);
            assert!(out.contains("***") && out.len() < 20, "{before:?}: {encoded} → {out}");
        }
    }
    let broken: Vec<_> = STANDARD.encode(value).as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    assert_eq!(masked(&[value], &broken.join("\n")), "***\n***");
}

#[test]
fn what_cannot_be_a_secret_is_given_out_at_once() {
    let masker = Masker::new(&[secret("password-one")]).expect("small");
    let (mut out, mut stream) = (Vec::new(), masker.stream());
    stream.push(b"waiting for pass", &mut out);
    assert_eq!(out, b"waiting for ");
    stream.push(b"engers\n", &mut out);
    assert_eq!(out, b"waiting for passengers\n");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn a9_no_split_of_the_text_lets_a_secret_through(
        secrets in prop::collection::vec("[ab]{4,9}|[a-zA-Z0-9+/=\"\\\\ ü\n]{4,60}", 1..6),
        parts in prop::collection::vec((prop::option::of(any::<(prop::sample::Index, u8)>()), "[ab]{0,6}|[ -~]{0,30}"), 1..12),
        cuts in prop::collection::vec(any::<usize>(), 0..40),
    ) {
        let mut text = Vec::new();
        for (which, filler) in &parts {
            text.extend_from_slice(filler.as_bytes());
            if let Some((index, encoding)) = which {
                let value = index.get(&secrets);
                text.extend(match encoding % 5 {
                    0 => value.clone(),
                    1 => STANDARD.encode(value),
                    2 => hex::encode(value),
                    3 => serde_json::to_string(value).expect("a string"),
                    _ => STANDARD.encode(format!("{filler}{value}")),
                }.into_bytes());
            }
        }
        let masker = Masker::new(&secrets.iter().map(|value| secret(value)).collect::<Vec<_>>()).expect("small");
        let out = masked_in_pieces(&masker, &text, &cuts);
        let whole = masked_in_pieces(&masker, &text, &[]);
        prop_assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&whole));
        let out = String::from_utf8_lossy(&out).into_owned();
        for value in &secrets {
            // A mask between two pieces of text never completes a secret, as none holds three asterisks.
            prop_assert!(!out.contains(value.as_str()), "{:?} in {:?}", value, out);
            prop_assert!(!out.contains(&hex::encode(value)), "hex of {:?} in {:?}", value, out);
            prop_assert!(!out.contains(&STANDARD.encode(value)), "base64 of {:?} in {:?}", value, out);
        }
    }
}
