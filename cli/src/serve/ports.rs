use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use adapters::aws::{AwsIdentity, AwsPush, CloudWatch};
use adapters::blobs::{self, BucketError, FolderBlobs, S3, s3};
use adapters::command_monitor::CommandMonitor;
use adapters::datadog::Datadog;
use adapters::egress::{Client, Egress};
use adapters::git::Git;
use adapters::http_monitor::HttpMonitor;
use adapters::ids::SystemIds;
use adapters::notify::{Email, Encryption, Relay, Slack, Webhook};
use adapters::oidc::RsaSigner;
use adapters::prometheus::Prometheus;
use adapters::secrets::{ConfiguredSecrets, FileSecrets};
use engine::ports::{Blobs, Clock, Identity, Ids, Notifier, Partition, SecretValue, Secrets};
use engine::store::Store;
use engine::{Keys, Ports, Registry};

use super::forges::Forges;
use crate::config::Settings;
use crate::exit::{Failure, Result};

/// Everything that the engine needs from outside, as configured. Folders are made where they are missing.
pub(super) fn open(settings: &Settings, public_url: &str, store: &Store, forges: &Forges, clock: Arc<dyn Clock>) -> Result<Ports> {
    let folder = |name: &str| make_folder(&settings.data.join(name)).map(|()| settings.data.join(name));
    let egress = Egress { allow_loopback: settings.allow_loopback, allow_private: settings.allow_private };
    let client = Client::new(egress).map_err(|error| Failure::failed(error.to_string()))?;
    let mirrors = folder("mirrors")?;
    let source = Git::new(mirrors.clone()).map_err(|error| Failure::file(&mirrors, "use", &error))?.with_forges(&forges.forges);
    let aws = aws(settings);
    let identity: Arc<dyn Identity> = Arc::new(AwsIdentity::new(aws.clone(), Arc::clone(&clock)));
    let (keys, ids): (_, Arc<dyn Ids>) = (Arc::new(Keys::new(Arc::new(RsaSigner))), Arc::new(SystemIds));
    let registry = Registry {
        store: store.clone(),
        keys: Arc::clone(&keys),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        public_url: public_url.to_owned(),
    };
    let alarms = CloudWatch::new(aws, Arc::clone(&identity), Arc::new(registry), Arc::clone(&clock));
    Ok(Ports {
        clock,
        ids,
        source: Arc::new(source),
        hooks: forges.hooks.clone(),
        alarm_push: Some(Arc::new(AwsPush::new(super::forges::push_secrets(settings)?, client.clone(), settings.aws.endpoint.clone()))),
        forges: forges.forges.clone(),
        monitors: vec![
            Arc::new(HttpMonitor::new(client.clone())),
            Arc::new(Prometheus::new(client.clone())),
            Arc::new(CommandMonitor::new(settings.allow_command_monitors)),
            Arc::new(alarms),
            Arc::new(Datadog::new(client.clone(), datadog(settings)?)),
        ],
        notifiers: notifiers(settings, client)?,
        blobs: blobs(settings)?,
        secrets: secrets(settings)?,
        library: Arc::new(pipelines::Blocks::built_in()),
        identity: Some(identity),
        keys,
        owner: Arc::new(super::owner::open(settings)?),
    })
}

fn datadog(settings: &Settings) -> Result<Option<adapters::datadog::Access>> {
    let Some((url, api_key, application_key)) = &settings.datadog else { return Ok(None) };
    let url = url.parse().map_err(|error| Failure::usage(format!("datadog.url: {error}")).next(WHERE_FROM))?;
    let hidden = |text: &String| SecretValue::new(text.clone());
    Ok(Some(adapters::datadog::Access { url, api_key: hidden(api_key), application_key: hidden(application_key) }))
}

fn aws(settings: &Settings) -> adapters::aws::Settings {
    let profile = |partition: Partition| Some((partition, settings.aws.profiles.get(partition.name())?.clone()));
    adapters::aws::Settings {
        endpoint: settings.aws.endpoint.clone(),
        profiles: Partition::ALL.into_iter().filter_map(profile).collect(),
        access_key: None,
    }
}

fn blobs(settings: &Settings) -> Result<Arc<dyn Blobs>> {
    let Some(place) = bucket(settings) else {
        let path = settings.data.join("blobs");
        make_folder(&path)?;
        return Ok(Arc::new(FolderBlobs::new(&path).map_err(|error| Failure::failed(error.to_string()))?));
    };
    let blobs = s3(place).map_err(|error| Failure::usage(format!("blobs.s3: {error}")).next(WHERE_FROM))?;
    Ok(Arc::new(blobs))
}

const WHERE_FROM: &str = "`tidegate check-config` shows where its values came from";

/// A server whose bucket is not there or refuses its key would lose every log; it says so before it takes any work. One whose
/// bucket only does not answer starts all the same: rollbacks must go on, and logs wait in the spool.
pub(super) async fn try_bucket(settings: &Settings) -> Result<()> {
    let Some(place) = bucket(settings) else { return Ok(()) };
    match blobs::try_bucket(place).await {
        Ok(()) => Ok(()),
        Err(silent @ BucketError::Silent(_)) => {
            tracing::error!(error = %silent, "logs and artifacts cannot be stored until it answers");
            Ok(())
        }
        Err(error) => Err(Failure::failed(format!("blobs.s3: {error}")).next(WHERE_FROM)),
    }
}

/// The bucket that is configured, if one is.
pub(crate) fn bucket(settings: &Settings) -> Option<S3> {
    let bucket = settings.blobs.as_ref()?;
    Some(S3 {
        bucket: bucket.name.clone(),
        region: bucket.region.clone(),
        endpoint: bucket.endpoint.clone(),
        access_key: bucket.access_key.as_ref().map(|(id, secret)| (id.clone(), SecretValue::new(secret.clone()))),
        allow_http: bucket.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://")),
    })
}

fn notifiers(settings: &Settings, client: Client) -> Result<Vec<Arc<dyn Notifier>>> {
    let hidden = |text: &String| SecretValue::new(text.clone());
    let hooks: BTreeMap<String, SecretValue> = settings.slack.iter().map(|(channel, url)| (channel.clone(), hidden(url))).collect();
    let mut notifiers: Vec<Arc<dyn Notifier>> =
        vec![Arc::new(Slack::new(client.clone(), hooks)), Arc::new(Webhook::new(client, settings.webhook_secret.as_ref().map(hidden)))];
    if let Some(email) = &settings.email {
        let relay = Relay {
            host: email.host.clone(),
            port: email.port,
            encryption: match email.encryption.as_str() {
                "tls" => Encryption::Tls,
                "none" => Encryption::None,
                _ => Encryption::StartTls,
            },
            login: email.login.as_ref().map(|(user, password)| (user.clone(), hidden(password))),
            from: email.from.clone(),
        };
        let mailer = Email::new(relay).map_err(|error| Failure::usage(format!("notify.email: {error}")).next(WHERE_FROM))?;
        notifiers.push(Arc::new(mailer));
    }
    Ok(notifiers)
}

fn secrets(settings: &Settings) -> Result<Arc<dyn Secrets>> {
    Ok(match &settings.secrets_file {
        Some(path) => Arc::new(FileSecrets::new(path.clone()).map_err(|error| {
            Failure::usage(format!("secrets.file {}: {error}", path.display()))
                .next("mend the file, or take `secrets.file` out of the configuration")
        })?),
        None => Arc::new(ConfiguredSecrets::default()),
    })
}

/// For its owner only: logs and artifacts may hold what nobody else should read.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| {
        Failure::failed(format!("cannot make the folder {}: {error}", path.display()))
            .next("choose another with --data, or give this user the right to write there")
    })
}
