//! Speaks to a server's API: typed requests, and failures that say the next step.

mod events;
mod failure;
mod feed;

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use events::Events;
pub(crate) use feed::Feed;

use crate::config::client::Access;
use crate::exit::{Exit, Failure, Result};

/// How long a connection may take to stand; a server that is there answers well within it.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long an ordinary answer may take. Streams have no such limit.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// The largest answer that is held in memory.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// One server, with the right to speak to it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    access: Access,
    /// A person's session, in place of a token.
    cookie: Option<String>,
}

impl Client {
    pub(crate) fn new(access: Access) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&access.server) {
            // A proxy of the environment cannot reach this machine's loopback.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| Failure::failed(format!("the HTTP client cannot be set up: {error}")))?;
        Ok(Self { http, access, cookie: None })
    }

    /// Whether it takes work; its clock in milliseconds since 1970, to the second.
    pub(crate) async fn ready(&self) -> Result<Option<i64>> {
        let response = self.send(self.request(Method::GET, "/readyz").timeout(CONNECT_WITHIN)).await?;
        let date = response.headers().get("date").and_then(|value| value.to_str().ok());
        Ok(date.and_then(|text| chrono::DateTime::parse_from_rfc2822(text).ok()).map(|date| date.timestamp_millis()))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read(self.request(Method::GET, path).timeout(ANSWER_WITHIN)).await
    }

    /// Sends with an idempotency key of its own, so that a repeated delivery has one effect.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, key: &str, body: &impl Serialize) -> Result<T> {
        self.read(self.request(Method::POST, path).header("idempotency-key", key).json(body).timeout(ANSWER_WITHIN)).await
    }

    /// For answers whose content nobody reads.
    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        self.send(self.request(Method::DELETE, path).timeout(ANSWER_WITHIN)).await.map(drop)
    }

    /// Hands over the answer piece by piece, as it comes.
    pub(crate) async fn download(&self, path: &str, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let response = self.send(self.request(Method::GET, path)).await?;
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            each(&piece.map_err(|error| failure::broken(&self.access, &error))?)?;
        }
        Ok(())
    }

    /// Follows a stream of server-sent events.
    pub(crate) async fn events(&self, path: &str) -> Result<Events> {
        let response = self.send(self.request(Method::GET, path).header("accept", "text/event-stream")).await?;
        Ok(Events::new(response, self.access.clone()))
    }

    /// Sends what starts a session (a name and password, or the first-start link's token) and answers a
    /// client that has it.
    pub(crate) async fn sign_in(&self, path: &str, body: &impl Serialize) -> Result<Self> {
        let response = self.send(self.request(Method::POST, path).json(body).timeout(ANSWER_WITHIN)).await?;
        let cookies = response.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        let cookie = cookies.filter_map(|line| line.split(';').next()).find(|pair| pair.contains("tidegate=")).map(str::to_owned);
        match cookie {
            Some(cookie) => Ok(Self { cookie: Some(cookie), ..self.clone() }),
            None => Err(Failure::new(Exit::ServerError, format!("{} started no session", self.access.server))),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.access.server));
        match (&self.cookie, &self.access.token) {
            // The server wants a proof that no other site sent this.
            (Some(cookie), _) => request.header("cookie", cookie).header("origin", &self.access.server),
            (None, Some(token)) => request.bearer_auth(token),
            (None, None) => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| failure::unreachable(&self.access, &error))?;
        if response.status().is_success() { Ok(response) } else { Err(failure::refused(&self.access, response).await) }
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let response = self.send(request).await?;
        let mut whole = Vec::new();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            whole.extend_from_slice(&piece.map_err(|error| failure::broken(&self.access, &error))?);
            if whole.len() > MAX_ANSWER_BYTES {
                return Err(Failure::new(Exit::ServerError, "the server's answer is larger than 64 MiB").next("ask for less, with --limit"));
            }
        }
        // An empty answer (204) is `null`: what expects nothing takes it.
        let text: &[u8] = if whole.is_empty() { b"null" } else { &whole };
        serde_json::from_slice(text).map_err(|error| {
            Failure::new(Exit::ServerError, format!("{} answered what this version does not understand: {error}", self.access.server))
                .next(format!("compare `tidegate --version` ({}) with the server's version", env!("CARGO_PKG_VERSION")))
        })
    }
}

/// Escapes one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn is_loopback(server: &str) -> bool {
    url::Url::parse(server).ok().and_then(|url| {
        Some(match url.host()? {
            url::Host::Domain(name) => name == "localhost",
            url::Host::Ipv4(address) => address.is_loopback(),
            url::Host::Ipv6(address) => address.is_loopback(),
        })
    }) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place_in_the_path() {
        assert_eq!(segment("prod/a b?c#d%2F"), "prod%2Fa%20b%3Fc%23d%252F");
        assert_eq!(segment("orders-1.2_x"), "orders-1.2_x");
    }
}
