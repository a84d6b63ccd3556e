use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio_util::task::AbortOnDropHandle;

use super::federation::{self, Federation, Provider, Providers};
use super::{Emulator, cbor, lambda};

/// Stands before the emulator and is what every client of a test is told to be AWS.
#[derive(Debug)]
pub struct Front {
    url: String,
    shared: Arc<Shared>,
    _serving: AbortOnDropHandle<()>,
}

/// One call that came, as its signature and its action say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// As in the signature: `sts`, `monitoring`, `lambda`.
    pub service: String,
    /// `AssumeRole`; for REST the method and path.
    pub action: String,
    pub region: String,
    /// Whose key signed it; empty for the server's own.
    pub account: String,
    pub access_key: String,
}

/// What goes wrong with calls that fit.
#[derive(Debug, Clone, Default)]
pub struct Fault {
    pub service: Option<String>,
    /// A part of the action.
    pub action: Option<String>,
    pub region: Option<String>,
    pub account: Option<String>,
    pub harm: Harm,
    /// So many calls; none: until it is healed.
    pub times: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Harm {
    #[default]
    Throttled,
    Denied,
    Expired,
    ClockSkew,
    ChainLimit,
    RegionDisabled,
    /// One call passes in this time; the others come too soon.
    Rate(Duration),
    /// Answered as ever, later.
    Slow(Duration),
    /// 500 with HTML, as something in between would.
    Broken,
}

#[derive(Debug)]
pub(super) struct Shared {
    emulator: String,
    client: reqwest::Client,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The external id that a role asks for; a role that is not here cannot be assumed.
    roles: BTreeMap<String, String>,
    /// Those that trust an OpenID provider.
    federations: BTreeMap<String, Federation>,
    providers: Providers,
    /// Whose role a key that was given out is.
    keys: BTreeMap<String, String>,
    calls: Vec<Call>,
    faults: BTreeMap<u32, Fault>,
    next_fault: u32,
    /// When a call last passed a [`Harm::Rate`].
    passed: Option<Instant>,
    /// The form of every AssumeRole that was let through.
    sessions: Vec<BTreeMap<String, String>>,
    /// Calls that have no answer yet, by number.
    in_flight: BTreeMap<u64, Call>,
    next_call: u64,
    /// Digests of code that fails when it is invoked.
    sick: BTreeSet<String>,
}

impl Front {
    /// Listens on a port of its own.
    pub async fn start(emulator: &Emulator) -> Self {
        Self::before(emulator.url()).await
    }

    /// The same before anything else that takes AWS's calls.
    pub async fn before(url: &str) -> Self {
        let shared = Arc::new(Shared { emulator: url.to_owned(), client: reqwest::Client::new(), known: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(go_on).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, shared, _serving: AbortOnDropHandle::new(serving) }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on this role can be assumed, by whoever brings the external id.
    pub fn trust(&self, role_arn: &str, external_id: &str) {
        self.shared.known().roles.insert(role_arn.to_owned(), external_id.to_owned());
    }

    /// From now on the account knows this OpenID provider.
    pub fn provider(&self, account: &str, issuer: &str, provider: Provider) {
        self.shared.known().providers.insert((account.to_owned(), issuer.to_owned()), provider);
    }

    /// From now on this role can be assumed with tokens that fit.
    pub fn federate(&self, role_arn: &str, federation: Federation) {
        self.shared.known().federations.insert(role_arn.to_owned(), federation);
    }

    /// The calls that an account got since `from` (a number of [`Front::calls`]).
    #[must_use]
    pub fn calls_to(&self, account: &str, from: usize) -> Vec<Call> {
        self.shared.known().calls.iter().skip(from).filter(|call| call.account == account).cloned().collect()
    }

    /// Nobody assumes it any more, and what it was given is refused.
    pub fn revoke(&self, role_arn: &str) {
        let mut known = self.shared.known();
        known.roles.remove(role_arn);
        known.federations.remove(role_arn);
    }

    /// Answers by which number [`Front::heal`] ends it.
    pub fn harm(&self, fault: Fault) -> u32 {
        let mut known = self.shared.known();
        known.next_fault += 1;
        let number = known.next_fault;
        known.faults.insert(number, fault);
        number
    }

    pub fn heal(&self, number: u32) {
        self.shared.known().faults.remove(&number);
    }

    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.known().calls.clone()
    }

    /// Of calls whose action contains `action`.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        self.shared.known().calls.iter().filter(|call| call.action.contains(action)).count()
    }

    /// Whether a call whose action contains `action` waits for its answer.
    #[must_use]
    pub fn is_under_way(&self, action: &str) -> bool {
        self.shared.known().in_flight.values().any(|call| call.action.contains(action))
    }

    /// Whether this code, by AWS's digest of it, fails when it is invoked: it holds a file called `sick`.
    #[must_use]
    pub fn is_sick(&self, code_sha256: &str) -> bool {
        self.shared.known().sick.contains(code_sha256)
    }

    /// What every session that was granted was asked for with.
    #[must_use]
    pub fn sessions(&self) -> Vec<BTreeMap<String, String>> {
        self.shared.known().sessions.clone()
    }
}

impl Shared {
    /// Its role is not trusted any more; the server's own key has none.
    fn is_revoked(&self, access_key: &str) -> bool {
        let known = self.known();
        known.keys.get(access_key).is_some_and(|role| !known.roles.contains_key(role) && !known.federations.contains_key(role))
    }

    pub(super) fn is_sick(&self, code_sha256: &str) -> bool {
        self.known().sick.contains(code_sha256)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn harm(&self, call: &Call) -> Option<Harm> {
        let mut known = self.known();
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        let found = known.faults.iter_mut().find(|(_, fault)| {
            fits(&fault.service, &call.service)
                && fits(&fault.region, &call.region)
                && fits(&fault.account, &call.account)
                && fault.action.as_ref().is_none_or(|wanted| call.action.contains(wanted))
        });
        let (number, fault) = found.map(|(number, fault)| (*number, fault))?;
        let harm = fault.harm.clone();
        if let Harm::Rate(pause) = harm {
            #[expect(clippy::disallowed_methods, reason = "a rate is about real time")]
            let now = Instant::now();
            if known.passed.is_some_and(|passed| now.duration_since(passed) < pause) {
                return Some(Harm::Throttled);
            }
            known.passed = Some(now);
            return None;
        }
        if let Some(left) = &mut fault.times {
            *left -= 1;
            if *left == 0 {
                known.faults.remove(&number);
            }
        }
        Some(harm)
    }

    pub(super) async fn forward(&self, method: Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap, Bytes) {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = self.client.request(method, format!("{}{path}", self.emulator)).body(body);
        for (name, value) in &headers {
            if !["host", "content-length", "connection", "transfer-encoding", "expect"].contains(&name.as_str()) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.expect("the emulator answers");
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        for name in ["content-length", "connection", "transfer-encoding"] {
            headers.remove(name);
        }
        (status, headers, answer.bytes().await.expect("the whole answer"))
    }
}

const BY_TOKEN: &str = "AssumeRoleWithWebIdentity";

/// What was asked for is done, also when whoever asked dies meanwhile: as in any cloud.
async fn go_on(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    tokio::spawn(handle(shared, method, uri, headers, body)).await.expect("an answer")
}

async fn handle(shared: Arc<Shared>, method: Method, uri: Uri, mut headers: HeaderMap, mut body: Bytes) -> Response {
    let binary = cbor::operation(uri.path()).map(|(service, operation)| (service.to_owned(), operation.to_owned()));
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let query: BTreeMap<String, String> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let action =
        match (&binary, headers.get("x-amz-target").and_then(|target| target.to_str().ok()), form.get("Action").or(query.get("Action"))) {
            (Some((_, operation)), ..) => operation.clone(),
            (None, Some(target), _) => target.rsplit('.').next().unwrap_or_default().to_owned(),
            (None, None, Some(action)) => action.clone(),
            (None, None, None) => format!("{method} {}", uri.path()),
        };
    let call = signed(&shared, &headers, action);
    let _under_way = UnderWay::new(&shared, &call);
    let style = Style { binary: binary.is_some(), json: headers.contains_key("x-amz-target") || call.service == "lambda" };
    shared.known().calls.push(call.clone());
    match shared.harm(&call) {
        Some(Harm::Slow(time)) => {
            #[expect(clippy::disallowed_methods, reason = "being slow is what this harm is")]
            tokio::time::sleep(time).await;
        }
        Some(harm) => return style.refuse(&harm),
        None => {}
    }
    if let Some(account) = call.access_key.strip_prefix("ACCOUNT") {
        headers.insert("x-moto-account-id", account.parse().expect("digits"));
    } else if shared.is_revoked(&call.access_key) {
        return style.refuse(&Harm::Expired);
    }
    if call.action == "ConfirmSubscription" {
        return (StatusCode::OK, "<ConfirmSubscriptionResponse/>").into_response();
    }
    if call.action == "AssumeRole"
        && let Some(refused) = untrusted(&shared, &form)
    {
        return refused;
    }
    if call.action == BY_TOKEN {
        let (providers, trust) = {
            let known = shared.known();
            (known.providers.clone(), known.federations.get(form.get("RoleArn").map_or("", String::as_str)).cloned())
        };
        if let Err((status, code, message)) = federation::check(&shared.client, &form, &providers, trust.as_ref()).await {
            return xml(status, code, &message);
        }
    }
    if let Some((service, operation)) = &binary {
        body = Bytes::from(cbor::to_json(&body).to_string());
        headers.insert("x-amz-target", format!("{service}.{operation}").parse().expect("a header"));
        headers.insert("content-type", "application/x-amz-json-1.0".parse().expect("a header"));
        let root: Uri = "/".parse().expect("a path");
        let (status, _, answer) = shared.forward(Method::POST, &root, headers, body).await;
        return binary_answer(status, cbor::from_json(&answer));
    }
    if uri.path().ends_with("/invocations") {
        return lambda::invoke(&shared, &uri, headers).await;
    }
    let brings_sick_code = uri.path().ends_with("/code") && lambda::holds_sick(&body);
    let (status, headers, answer) = shared.forward(method, &uri, headers, body).await;
    if brings_sick_code {
        shared.known().sick.extend(lambda::digest(&answer));
    }
    if ["AssumeRole", BY_TOKEN].contains(&call.action.as_str()) && status.is_success() {
        let text = String::from_utf8_lossy(&answer);
        let key = text.split("<AccessKeyId>").nth(1).and_then(|rest| rest.split('<').next()).expect("a key");
        let mut known = shared.known();
        known.keys.insert(key.to_owned(), form.get("RoleArn").cloned().unwrap_or_default());
        known.sessions.push(form);
    }
    (status, headers, answer).into_response()
}

/// Counts a call until its answer is made, or whoever asked has gone.
struct UnderWay<'s> {
    shared: &'s Shared,
    number: u64,
}

impl<'s> UnderWay<'s> {
    fn new(shared: &'s Shared, call: &Call) -> Self {
        let mut known = shared.known();
        known.next_call += 1;
        let number = known.next_call;
        known.in_flight.insert(number, call.clone());
        Self { shared, number }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.shared.known().in_flight.remove(&self.number);
    }
}

/// Who signed it, for which service and region: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed(shared: &Shared, headers: &HeaderMap, action: String) -> Call {
    let signature = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scope = signature.split("Credential=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let mut parts = scope.split('/').map(str::to_owned);
    let access_key = parts.next().unwrap_or_default();
    let (_, region, mut service) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if action == BY_TOKEN {
        // Nobody signs it.
        service = "sts".to_owned();
    }
    let role = shared.known().keys.get(&access_key).cloned().unwrap_or_default();
    let account = match access_key.strip_prefix("ACCOUNT") {
        Some(account) => account.to_owned(),
        None => role.split(':').nth(4).unwrap_or_default().to_owned(),
    };
    Call { service, action, region, account, access_key }
}

/// STS answers the same for a role that is not there and for one that does not trust who asks.
fn untrusted(shared: &Shared, form: &BTreeMap<String, String>) -> Option<Response> {
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let (arn, external_id) = (field("RoleArn"), field("ExternalId"));
    let asked = shared.known().roles.get(&arn).cloned();
    if asked.is_some_and(|asked| asked.is_empty() || asked == external_id) {
        return None;
    }
    let message = format!("User: arn:aws:iam::123456789012:user/tidegate is not authorized to perform: sts:AssumeRole on resource: {arn}");
    Some(xml(StatusCode::FORBIDDEN, "AccessDenied", &message))
}

#[derive(Debug, Clone, Copy)]
struct Style {
    binary: bool,
    json: bool,
}

impl Style {
    fn refuse(self, harm: &Harm) -> Response {
        let (status, code, message) = match harm {
            Harm::Throttled => {
                (StatusCode::BAD_REQUEST, if self.json || self.binary { "ThrottlingException" } else { "Throttling" }, "Rate exceeded")
            }
            Harm::Denied => {
                (StatusCode::FORBIDDEN, if self.json { "AccessDeniedException" } else { "AccessDenied" }, "not authorized to perform this")
            }
            Harm::Expired => (StatusCode::FORBIDDEN, "ExpiredToken", "The security token included in the request is expired"),
            Harm::ClockSkew => {
                (StatusCode::FORBIDDEN, "SignatureDoesNotMatch", "Signature expired: 20261121T140000Z is now earlier than 20261121T141500Z")
            }
            Harm::ChainLimit => (
                StatusCode::BAD_REQUEST,
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
            ),
            Harm::RegionDisabled => (StatusCode::FORBIDDEN, "RegionDisabledException", "STS is not activated in this region for account"),
            Harm::Slow(_) | Harm::Rate(_) | Harm::Broken => {
                return (StatusCode::INTERNAL_SERVER_ERROR, [("content-type", "text/html")], "<h1>Internal Server Error</h1>")
                    .into_response();
            }
        };
        if self.binary {
            let text = json!({"__type": code, "message": message}).to_string();
            binary_answer(status, cbor::from_json(text.as_bytes()))
        } else if self.json {
            let body = json!({"__type": code, "message": message, "Message": message}).to_string();
            let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amzn-errortype", code)];
            (status, headers, body).into_response()
        } else {
            xml(status, code, message)
        }
    }
}

fn binary_answer(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")], body).into_response()
}

fn xml(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
    );
    (status, [("content-type", "text/xml")], body).into_response()
}
