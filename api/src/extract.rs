//! axum's extractors with [`Problem`]s as their refusals.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{Code, Problem};

/// A JSON body, in either direction.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// Parts of the path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

/// The query string.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(json_problem(&rejection)),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(path_problem(&rejection)),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(query_problem(&rejection)),
        }
    }
}

fn json_problem(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonSyntaxError(error) => Problem::new(Code::MalformedJson, error.body_text()),
        JsonRejection::JsonDataError(error) => Problem::new(Code::InvalidBody, error.body_text()),
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(Code::UnsupportedMediaType, "the body must be JSON; send it with `content-type: application/json`")
        }
        other => body_problem(other.status().as_u16(), &other.body_text()),
    }
}

/// A body that could not be read whole.
pub(crate) fn body_problem(status: u16, text: &str) -> Problem {
    if status == 413 {
        Problem::new(Code::BodyTooLarge, "the body is larger than this address takes; see its limit in docs/api.md")
    } else {
        Problem::new(Code::InvalidBody, format!("the body could not be read: {text}"))
    }
}

fn path_problem(rejection: &PathRejection) -> Problem {
    Problem::new(Code::InvalidPath, rejection.body_text())
}

fn query_problem(rejection: &QueryRejection) -> Problem {
    Problem::new(Code::InvalidQuery, rejection.body_text())
}

/// A body of plain bytes.
#[derive(Debug, Clone)]
pub struct Raw(pub axum::body::Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = axum::body::Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|rejection| body_problem(rejection.status().as_u16(), &rejection.body_text()))
    }
}

/// Where the request came from, for limits; `unknown` when the server does not see connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
        Ok(Self(peer.map_or_else(|| "unknown".to_owned(), |peer| peer.0.ip().to_string())))
    }
}
