//! The table of routes: each with its permission, its limits and its place in the OpenAPI document.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::MethodRouter;
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{HttpMethod, Operation, Paths};
use utoipa::openapi::schema::Schema;
use utoipa_axum::PathItemExt as _;

use crate::auth::{Access, Allowed, Permission};
use crate::idempotency::{Guard, once};
use crate::problem::{Code, Problem};
use crate::state::ApiState;

/// What the handlers of one table take as state.
type State = ApiState;

/// The largest JSON body, unless a route says otherwise.
const BODY_BYTES: usize = 256 * 1024;
/// How long an answer may take, unless it streams or waits by design.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// One route as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: Method,
    /// With `{name}` for its parameters.
    pub path: String,
    pub access: Access,
    /// `<noun>_<verb>`: the operation's id in the OpenAPI document.
    pub id: &'static str,
}

/// What a route may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub body_bytes: usize,
    /// None: it streams, or waits by design.
    pub answer_within: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: BODY_BYTES, answer_within: Some(ANSWER_WITHIN) }
    }
}

impl Limits {
    /// For answers that stream or wait.
    #[must_use]
    pub fn streaming() -> Self {
        Self { answer_within: None, ..Self::default() }
    }

    #[must_use]
    pub fn answer_within_s(self, seconds: u64) -> Self {
        Self { answer_within: Some(Duration::from_secs(seconds)), ..self }
    }

    #[must_use]
    pub fn body_bytes(self, body_bytes: usize) -> Self {
        Self { body_bytes, ..self }
    }
}

/// The arguments of a handler whose first one is [`Allowed`]: it declares who may call it.
///
/// A handler that declares nothing cannot become a route:
///
/// ```compile_fail
/// fn demands<H, T>(_: H)
/// where
///     H: axum::handler::Handler<T, api::ApiState>,
///     T: api::route::Declared,
/// {
/// }
/// async fn undeclared() -> &'static str {
///     "open to all by mistake"
/// }
/// demands(undeclared);
/// ```
///
/// ```
/// fn demands<H, T>(_: H)
/// where
///     H: axum::handler::Handler<T, api::ApiState>,
///     T: api::route::Declared,
/// {
/// }
/// async fn declared(_: api::auth::Allowed<api::auth::Viewer>) -> &'static str {
///     "for viewers"
/// }
/// demands(declared);
/// ```
pub trait Declared {
    const ACCESS: Access;
}

macro_rules! declared {
    ($($argument:ident)*) => {
        impl<M, P: Permission, $($argument),*> Declared for (M, Allowed<P>, $($argument,)*) {
            const ACCESS: Access = P::ACCESS;
        }
    };
}

declared!();
declared!(A);
declared!(A B);
declared!(A B C);
declared!(A B C D);
declared!(A B C D E);

/// Collects routes.
pub struct Routes {
    router: Router<State>,
    table: Vec<Route>,
    description: Option<Description>,
}

/// What the routes add to the OpenAPI document. It is several times larger than the routes themselves, so a server that serves does not
/// make it.
#[derive(Default)]
pub(crate) struct Description {
    pub(crate) paths: Paths,
    pub(crate) schemas: Schemas,
}

/// Named parts of the OpenAPI document.
pub(crate) type Schemas = Vec<(String, RefOr<Schema>)>;

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Routes").field("table", &self.table).finish_non_exhaustive()
    }
}

impl Routes {
    pub(crate) fn served() -> Self {
        Self { router: Router::new(), table: Vec::new(), description: None }
    }

    pub(crate) fn described() -> Self {
        Self { description: Some(Description::default()), ..Self::served() }
    }

    /// Adds one route. `Doc` comes from `#[utoipa::path]`; use [`route!`](crate::route!) rather than this.
    #[must_use]
    pub fn add<Doc, H, T>(mut self, id: &'static str, _: Doc, handler: H, limits: Limits) -> Self
    where
        Doc: utoipa::Path + SchemaReferences + for<'t> Tags<'t>,
        H: Handler<T, State>,
        T: Declared + 'static,
    {
        let path = Doc::path();
        if let Some(description) = &mut self.description {
            let mut operation = Doc::operation();
            operation.operation_id = Some(id.to_owned());
            operation.tags.get_or_insert_default().extend(Doc::tags().into_iter().map(str::to_owned));
            describe_access(&mut operation, T::ACCESS);
            Doc::schemas(&mut description.schemas);
            description.paths.add_path_operation(&path, Doc::methods(), operation);
        }
        for method in Doc::methods() {
            let name = method_name(&method);
            let mut service = MethodRouter::new().on(method.to_method_filter(), handler.clone());
            if matches!(T::ACCESS, Access::AtLeast(_)) && !name.is_safe() {
                let guard = Guard { access: T::ACCESS, body_bytes: limits.body_bytes };
                service = service.layer(axum::middleware::from_fn(move |request, next| once(guard, request, next)));
            }
            service = service.layer(DefaultBodyLimit::max(limits.body_bytes));
            if let Some(within) = limits.answer_within {
                service = service.layer(axum::middleware::from_fn(move |request, next: axum::middleware::Next| async move {
                    tokio::time::timeout(within, next.run(request)).await.unwrap_or_else(|_| timed_out(within))
                }));
            }
            self.router = self.router.route(&path, service);
            self.table.push(Route { method: name, path: path.clone(), access: T::ACCESS, id });
        }
        self
    }

    pub(crate) fn into_router(self) -> Router<State> {
        self.router
    }

    pub(crate) fn into_table(self) -> Vec<Route> {
        self.table
    }

    pub(crate) fn into_description(self) -> Description {
        self.description.unwrap_or_default()
    }
}

/// Adds the endpoint of one file: `route!(routes, releases::approve)` takes the handler
/// `releases::approve::handle` with the id `releases_approve`.
#[macro_export]
macro_rules! route {
    ($routes:expr, $($part:ident)::+) => {
        $crate::route!($routes, $($part)::+, $crate::route::Limits::default())
    };
    ($routes:expr, $noun:ident::$verb:ident, $limits:expr) => {
        $routes.add(concat!(stringify!($noun), "_", stringify!($verb)), $noun::$verb::__path_handle, $noun::$verb::handle, $limits)
    };
}

fn timed_out(within: Duration) -> axum::response::Response {
    let detail = format!("the answer took longer than {} s; it may still take effect, so look before you repeat it", within.as_secs());
    axum::response::IntoResponse::into_response(Problem::new(Code::TimedOut, detail).retry_after_ms(5_000))
}

fn describe_access(operation: &mut Operation, access: Access) {
    use utoipa::openapi::extensions::ExtensionsBuilder;
    use utoipa::openapi::security::SecurityRequirement;
    let none: [&str; 0] = [];
    let (name, security) = match access {
        Access::Anyone => ("anyone", vec![]),
        Access::AtLeast(role) => (role.name(), vec![SecurityRequirement::new("token", none), SecurityRequirement::new("session", none)]),
        Access::Runner => ("runner", vec![SecurityRequirement::new("runner", none)]),
    };
    operation.security = Some(security);
    operation.extensions.get_or_insert_default().merge(ExtensionsBuilder::new().add("x-permission", name).build());
    let problem = utoipa::openapi::ResponseBuilder::new()
        .description("An error; see `code`.")
        .content(
            crate::problem::CONTENT_TYPE,
            utoipa::openapi::ContentBuilder::new().schema(Some(utoipa::openapi::Ref::from_schema_name("Problem"))).build(),
        )
        .build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}

fn method_name(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}
