use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use engine::ports::{Partition, SecretValue};
use tokio::sync::Mutex;

/// How AWS is reached.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Every call goes there instead: an emulator, or an endpoint inside a network.
    pub endpoint: Option<String>,
    /// Which profile of the SDK's configuration holds the server's principal in a partition; without one, the SDK's usual
    /// sources are asked: environment, container, instance.
    pub profiles: BTreeMap<Partition, String>,
    /// The server's principal itself: key id, secret key.
    pub access_key: Option<(String, SecretValue)>,
}

/// Of one call with all its tries; the engine counts on less than 30 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(25);
const TRY_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TRIES: u32 = 5;

/// The SDK's configuration for each partition, with the server's own principal.
#[derive(Debug)]
pub(super) struct Sdk {
    settings: Settings,
    loaded: Mutex<BTreeMap<Partition, SdkConfig>>,
}

impl Sdk {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, loaded: Mutex::default() }
    }

    pub(super) async fn of(&self, partition: Partition, region: &str) -> SdkConfig {
        let mut loaded = self.loaded.lock().await;
        let base = match loaded.get(&partition) {
            Some(base) => base.clone(),
            None => {
                let base = self.load(partition).await;
                loaded.insert(partition, base.clone());
                base
            }
        };
        base.into_builder().region(Region::new(region.to_owned())).build()
    }

    async fn load(&self, partition: Partition) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(partition.first_region()))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(TRIES)
                    .with_initial_backoff(Duration::from_millis(400))
                    .with_max_backoff(Duration::from_secs(5)),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(TRY_TIMEOUT)
                    .operation_timeout(CALL_TIMEOUT)
                    .build(),
            );
        if let Some(endpoint) = &self.settings.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = self.settings.profiles.get(&partition) {
            loader = loader.profile_name(profile);
        }
        if let Some((id, secret)) = &self.settings.access_key {
            loader = loader.credentials_provider(credentials(id, secret, None));
        }
        loader.load().await
    }
}

pub(super) fn credentials(id: &str, secret: &SecretValue, session_token: Option<&SecretValue>) -> SharedCredentialsProvider {
    let token = session_token.map(|token| token.reveal().to_owned());
    SharedCredentialsProvider::new(Credentials::new(id, secret.reveal(), token, None, "tidegate"))
}
