//! Secrets from a file that only its owner can read, or from the server's configuration.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use engine::ports::{SecretError, SecretValue, Secrets};
use serde::{Deserialize, Deserializer};

/// A file of secrets, not a data base.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Values by scope. In TOML:
///
/// ```toml
/// [secrets]                                            # the organisation's
/// NPM_TOKEN = "…"
/// [pipelines.orders.secrets]
/// [pipelines.orders.stages.prod.secrets]
/// [pipelines.orders.stages.prod.targets."prod/us-east-1".secrets]
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Table {
    pub secrets: Values,
    pub pipelines: BTreeMap<String, PipelineTable>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PipelineTable {
    pub secrets: Values,
    pub stages: BTreeMap<String, StageTable>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StageTable {
    pub secrets: Values,
    pub targets: BTreeMap<String, TargetTable>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetTable {
    pub secrets: Values,
}

/// By name. Not serialisable, and `Debug` shows names only.
#[derive(Debug, Clone, Default)]
pub struct Values(pub BTreeMap<String, SecretValue>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(Self(texts.into_iter().map(|(name, value)| (name, SecretValue::new(value))).collect()))
    }
}

/// Reads its file at every question, so that a changed value counts at once.
#[derive(Debug, Clone)]
pub struct FileSecrets {
    path: PathBuf,
}

impl FileSecrets {
    /// # Errors
    /// When the file cannot be used, so that a server says so when it starts.
    pub fn new(path: PathBuf) -> Result<Self, SecretError> {
        read(&path)?;
        Ok(Self { path })
    }
}

/// Secrets that the server's configuration gave.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredSecrets {
    table: Table,
}

impl ConfiguredSecrets {
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table }
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn secrets(
        &self,
        pipeline: &str,
        stage: &str,
        target: Option<&str>,
        names: &[String],
    ) -> Result<BTreeMap<String, SecretValue>, SecretError> {
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let path = self.path.clone();
        let table =
            tokio::task::spawn_blocking(move || read(&path)).await.map_err(|error| SecretError::Unavailable(error.to_string()))??;
        table.find(pipeline, stage, target, names)
    }
}

#[async_trait]
impl Secrets for ConfiguredSecrets {
    async fn secrets(
        &self,
        pipeline: &str,
        stage: &str,
        target: Option<&str>,
        names: &[String],
    ) -> Result<BTreeMap<String, SecretValue>, SecretError> {
        self.table.find(pipeline, stage, target, names)
    }
}

impl Table {
    /// The narrowest scope wins: target, stage, pipeline, organisation.
    fn find(
        &self,
        pipeline: &str,
        stage: &str,
        target: Option<&str>,
        names: &[String],
    ) -> Result<BTreeMap<String, SecretValue>, SecretError> {
        let pipeline = self.pipelines.get(pipeline);
        let stage = pipeline.and_then(|pipeline| pipeline.stages.get(stage));
        let target = stage.zip(target).and_then(|(stage, target)| stage.targets.get(target));
        let scopes = [
            target.map(|target| &target.secrets),
            stage.map(|stage| &stage.secrets),
            pipeline.map(|pipeline| &pipeline.secrets),
            Some(&self.secrets),
        ];
        let found = names.iter().map(|name| {
            let value = scopes.iter().flatten().find_map(|values| values.0.get(name));
            value.map(|value| (name.clone(), value.clone())).ok_or_else(|| SecretError::Missing(name.clone()))
        });
        found.collect()
    }
}

/// Nothing of the file's text ever stands in an error: it may be a secret.
fn read(path: &Path) -> Result<Table, SecretError> {
    let unavailable = |why: String| SecretError::Unavailable(format!("{}: {why}", path.display()));
    let mut file = File::open(path).map_err(|error| unavailable(error.to_string()))?;
    let about = file.metadata().map_err(|error| unavailable(error.to_string()))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(unavailable(format!("its mode is {mode:04o}, so others than its owner may use it; run chmod 600 on it")));
    }
    if !about.is_file() || about.len() > FILE_BYTES {
        return Err(unavailable(format!("it is no file of at most {FILE_BYTES} bytes")));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| unavailable(error.to_string()))?;
    toml::from_str(&text).map_err(|error| {
        let line =
            error.span().map_or(0, |span| text.as_bytes()[..span.start.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1);
        unavailable(format!("line {line} is not as expected; secrets are texts in quotes below [secrets] or [pipelines.NAME.secrets]"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[secrets]
NPM = "organisation"
DB = "organisation"
[pipelines.orders.secrets]
DB = "pipeline"
[pipelines.orders.stages.prod.secrets]
DB = "stage"
[pipelines.orders.stages.prod.targets."prod/us-east-1".secrets]
DB = "target"
"#;

    fn file(folder: &Path, text: &str, mode: u32) -> PathBuf {
        let path = folder.join("secrets.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    async fn ask(secrets: &dyn Secrets, pipeline: &str, stage: &str, target: Option<&str>, name: &str) -> Result<String, SecretError> {
        let found = secrets.secrets(pipeline, stage, target, &[name.to_owned()]).await?;
        Ok(found[name].reveal().to_owned())
    }

    #[tokio::test]
    async fn the_narrowest_scope_wins() {
        let folder = tempfile::tempdir().unwrap();
        let from_file = FileSecrets::new(file(folder.path(), FILE, 0o600)).unwrap();
        let configured = ConfiguredSecrets::new(toml::from_str(FILE).unwrap());
        for secrets in [&from_file as &dyn Secrets, &configured] {
            assert_eq!(ask(secrets, "orders", "prod", Some("prod/us-east-1"), "DB").await.unwrap(), "target");
            assert_eq!(ask(secrets, "orders", "prod", Some("prod/eu-west-1"), "DB").await.unwrap(), "stage");
            assert_eq!(ask(secrets, "orders", "prod", None, "DB").await.unwrap(), "stage");
            assert_eq!(ask(secrets, "orders", "build", None, "DB").await.unwrap(), "pipeline");
            assert_eq!(ask(secrets, "carts", "prod", Some("prod/us-east-1"), "DB").await.unwrap(), "organisation");
            assert_eq!(ask(secrets, "orders", "prod", Some("prod/us-east-1"), "NPM").await.unwrap(), "organisation");
            let error = ask(secrets, "orders", "prod", None, "NONE").await.unwrap_err();
            assert_eq!(error.to_string(), "there is no secret \"NONE\" for this job");
        }
    }

    #[tokio::test]
    async fn a_changed_file_counts_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = FileSecrets::new(file(folder.path(), FILE, 0o400)).unwrap();
        std::fs::remove_file(folder.path().join("secrets.toml")).unwrap();
        file(folder.path(), "[secrets]\nDB = \"new\"\n", 0o600);
        assert_eq!(ask(&secrets, "orders", "prod", None, "DB").await.unwrap(), "new");
        std::fs::remove_file(folder.path().join("secrets.toml")).unwrap();
        assert!(matches!(ask(&secrets, "orders", "prod", None, "DB").await, Err(SecretError::Unavailable(_))));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o644, 0o604, 0o640, 0o660, 0o777] {
            let error = FileSecrets::new(file(folder.path(), FILE, mode)).unwrap_err().to_string();
            assert!(error.contains(&format!("its mode is {mode:04o}")) && error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn an_error_never_shows_what_stands_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "[secrets]\nA = 5\nB = \"x\"\nhunter2\n",
            "secrets = \"hunter2\"",
            "[secret]\nhunter2 = \"hunter2\"",
            "[secrets]\nA = [\"hunter2\"]",
        ] {
            let error = FileSecrets::new(file(folder.path(), text, 0o600)).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
            assert!(error.contains("line "), "{error}");
        }
        let shown = format!("{:?}", toml::from_str::<Table>(FILE).unwrap());
        assert!(!shown.contains("organisation"), "{shown}");
    }
}
