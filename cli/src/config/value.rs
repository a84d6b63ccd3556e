use super::key::{Kind, Value};

/// Reads a value as environment and flags write it. The error says what was expected.
pub(crate) fn parse(kind: Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Address => address(text),
        Kind::Url => base_url(text),
        Kind::Database => database(text),
        Kind::Flag => match text {
            "true" => Ok(Value::Flag(true)),
            "false" => Ok(Value::Flag(false)),
            _ => Err(format!("expected true or false, not {text:?}")),
        },
        Kind::Count { least, most } => match text.parse::<u64>() {
            Ok(count) if (least..=most).contains(&count) => Ok(Value::Count(count)),
            _ => Err(format!("expected a number from {least} to {most}, not {text:?}")),
        },
        Kind::Duration { least_ms, most_ms } => {
            let ms = duration_ms(text).ok_or_else(|| format!("expected a duration such as 500ms, 30s, 15m, 12h or 30d, not {text:?}"))?;
            if (least_ms..=most_ms).contains(&ms) {
                Ok(Value::DurationMs(ms))
            } else {
                Err(format!("expected a duration from {} to {}, not {text:?}", duration_text(least_ms), duration_text(most_ms)))
            }
        }
        Kind::OneOf(words) => match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Value::Text((*word).to_owned())),
            None => Err(format!("expected one of {}, not {text:?}", words.join(", "))),
        },
        Kind::Path if text.contains('\0') => Err("a path cannot hold a zero byte".to_owned()),
        Kind::Path | Kind::Text => not_empty(text).map(Value::Text),
        // The text of a secret stands in no message.
        Kind::Secret => not_empty(text).map(Value::Text).map_err(|_| "it is empty".to_owned()),
        Kind::SecretTable => {
            let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('='));
            let secrets: Option<_> = pairs.map(|pair| pair.map(|(name, secret)| (name.trim().to_owned(), secret.to_owned()))).collect();
            secrets.map(Value::Secrets).ok_or_else(|| "expected NAME=VALUE, several parted by commas".to_owned())
        }
    }
}

fn not_empty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn address(text: &str) -> Result<Value, String> {
    let wrong = || format!("expected HOST:PORT such as 127.0.0.1:7070, not {text:?}");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    port.parse::<u16>().map_err(|_| wrong())?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match bare {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')),
    };
    if is_host { Ok(Value::Text(text.to_owned())) } else { Err(wrong()) }
}

/// An origin: scheme, host and port, nothing behind.
pub(crate) fn base_url(text: &str) -> Result<Value, String> {
    let wrong = || format!("expected an address such as https://deploy.example.org, not {text:?}");
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain { Ok(Value::Text(text.trim_end_matches('/').to_owned())) } else { Err(wrong()) }
}

/// The text may hold a password, so the message repeats none of it.
fn database(text: &str) -> Result<Value, String> {
    let known = text.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty())
        || (["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
            && url::Url::parse(text).is_ok_and(|url| url.host().is_some() || url.query().is_some()));
    if known { Ok(Value::Text(text.to_owned())) } else { Err("expected sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME".to_owned()) }
}

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

pub(crate) fn duration_ms(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// In the largest unit that expresses it exactly.
pub(crate) fn duration_text(ms: u64) -> String {
    UNITS
        .iter()
        .rev()
        .find(|(_, factor)| ms >= *factor && ms.is_multiple_of(*factor))
        .map_or_else(|| "0s".to_owned(), |(unit, factor)| format!("{}{unit}", ms / factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_in_the_largest_unit() {
        for (text, ms) in [("500ms", 500), ("30s", 30_000), ("90m", 5_400_000), ("12h", 43_200_000), ("30d", 2_592_000_000)] {
            assert_eq!(duration_ms(text), Some(ms), "{text}");
        }
        for bad in ["", "5", "s", "5 s", "5x", "-5s", "99999999999999999999d", "18446744073709551615d"] {
            assert_eq!(duration_ms(bad), None, "{bad}");
        }
        assert_eq!(duration_text(90_000), "90s");
        assert_eq!(duration_text(86_400_000), "1d");
        assert_eq!(duration_text(0), "0s");
    }

    #[test]
    fn an_address_needs_a_host_and_a_port() {
        for good in ["127.0.0.1:7070", "[::1]:80", "localhost:0", "deploy.example.org:443"] {
            assert!(parse(Kind::Address, good).is_ok(), "{good}");
        }
        for bad in ["", "7070", ":7070", "localhost", "::1:80", "localhost:65536", "[x]:1", "a b:1"] {
            assert!(parse(Kind::Address, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        assert_eq!(base_url("https://d.example.org/"), Ok(Value::Text("https://d.example.org".to_owned())));
        for bad in
            ["d.example.org", "ftp://d.example.org", "https://d.example.org/path", "https://u:p@d.example.org", "http://", "https://d/?q"]
        {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wrong_database_url_is_not_repeated_because_it_may_hold_a_password() {
        let message = parse(Kind::Database, "mysql://root:hunter2@db/x").expect_err("mysql is not supported");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
