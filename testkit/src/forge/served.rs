use std::sync::Arc;

use api::{ApiSettings, ApiState};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use crate::world::World;

/// The real router of a world's server, on loopback.
#[derive(Debug)]
pub struct Served {
    pub url: Url,
    _serving: AbortOnDropHandle<std::io::Result<()>>,
}

impl Served {
    pub async fn of(world: &World) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url: Url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        let router = api::router(ApiState::new(Arc::clone(&world.engine), ApiSettings::new(url.clone())));
        let serving = AbortOnDropHandle::new(tokio::spawn(api::serve(listener, router, CancellationToken::new())));
        Self { url, _serving: serving }
    }
}
