//! Requests forged by other sites: the browser says where a request comes from (Fetch Metadata, Origin).

use axum::http::{HeaderMap, Method, header};

use crate::problem::{Code, Problem};

/// What the browser said about a request that is not ours to answer.
const SITE: &str = "sec-fetch-site";
const MODE: &str = "sec-fetch-mode";

/// Refuses what another site made a signed-in browser send.
///
/// `by_cookie`: the request was authenticated by a cookie, which the browser adds by itself; then an
/// unsafe method needs a proof of its origin. Without a cookie only a contrary proof counts.
pub fn check(method: &Method, headers: &HeaderMap, public_url: &url::Url, by_cookie: bool) -> Result<(), Problem> {
    let site = headers.get(SITE).map(|value| value.to_str().unwrap_or("?"));
    let ours = match (site, headers.get(header::ORIGIN)) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) if is_safe(method) => !by_cookie || is_navigation(headers),
        (Some(_), _) => false,
        (None, _) if is_safe(method) => true,
        (None, Some(origin)) => origin.to_str().is_ok_and(|origin| is_own(origin, headers, public_url)),
        (None, None) => !by_cookie,
    };
    if ours {
        Ok(())
    } else {
        Err(Problem::new(
            Code::CrossSite,
            format!("the browser says that another site sent this {method}; sign in at {public_url} and act there, or use an API token"),
        ))
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A person followed a link.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get(MODE).is_some_and(|mode| mode == "navigate")
}

/// `Origin` names the public address, or the very host that was asked.
fn is_own(origin: &str, headers: &HeaderMap, public_url: &url::Url) -> bool {
    let Ok(parsed) = url::Url::parse(origin) else {
        return false;
    };
    if parsed.origin() == public_url.origin() {
        return true;
    }
    let authority = match (parsed.host_str(), parsed.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return false,
    };
    headers.get(header::HOST).is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Method, what the browser says, whether a cookie was used, and whether it may pass.
    #[test]
    fn the_matrix_of_methods_and_origins() {
        let own = url::Url::parse("https://tidegate.example").expect("a URL");
        type Headers = &'static [(&'static str, &'static str)];
        let cases: &[(Method, Headers, bool, bool)] = &[
            (Method::POST, &[("sec-fetch-site", "same-origin")], true, true),
            (Method::POST, &[("sec-fetch-site", "none")], true, true),
            (Method::POST, &[("sec-fetch-site", "same-site")], true, false),
            (Method::POST, &[("sec-fetch-site", "cross-site")], true, false),
            (Method::POST, &[("sec-fetch-site", "cross-site")], false, false),
            (Method::POST, &[("sec-fetch-site", "cross-site"), ("origin", "https://tidegate.example")], true, false),
            (Method::POST, &[("origin", "https://tidegate.example")], true, true),
            (Method::POST, &[("origin", "http://10.0.0.7:8080"), ("host", "10.0.0.7:8080")], true, true),
            (Method::POST, &[("origin", "https://evil.example"), ("host", "tidegate.example")], true, false),
            (Method::POST, &[("origin", "null")], true, false),
            (Method::POST, &[], true, false),
            (Method::POST, &[], false, true),
            (Method::DELETE, &[], true, false),
            (Method::PATCH, &[("sec-fetch-site", "cross-site")], true, false),
            (Method::GET, &[], true, true),
            (Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")], true, false),
            (Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], true, true),
            (Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")], false, true),
        ];
        for (method, headers, by_cookie, passes) in cases {
            let mut map = HeaderMap::new();
            for (name, value) in *headers {
                map.insert(*name, value.parse().expect("a header"));
            }
            assert_eq!(check(method, &map, &own, *by_cookie).is_ok(), *passes, "{method} {headers:?} by_cookie={by_cookie}");
        }
    }
}
