use std::sync::Arc;

use api::{ApiSettings, ApiState};
use engine::ports::{ForgeApp, SignIn};
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
        Self::with(world, |_| {}).await
    }

    /// The same where people also prove elsewhere who they are.
    pub async fn signing_in(world: &World, sign_in: Arc<dyn SignIn>) -> Self {
        Self::with(world, |settings| settings.sign_in = Some(sign_in)).await
    }

    /// The same where an App can be made at a forge.
    pub async fn making_apps(world: &World, make: impl FnOnce(&Url) -> Arc<dyn ForgeApp>) -> Self {
        Self::with(world, |settings| {
            let app = make(&settings.public_url);
            settings.forge_app = Some(app);
        })
        .await
    }

    async fn with(world: &World, change: impl FnOnce(&mut ApiSettings)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url: Url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        let mut settings = ApiSettings::new(url.clone());
        change(&mut settings);
        let router = api::router(ApiState::new(Arc::clone(&world.engine), settings));
        let serving = AbortOnDropHandle::new(tokio::spawn(api::serve(listener, router, CancellationToken::new())));
        Self { url, _serving: serving }
    }
}
