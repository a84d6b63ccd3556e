use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Mutex;

/// How long the emulator may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// moto's server on a port of its own. Ends with the handle.
#[derive(Debug)]
pub struct Emulator {
    url: String,
    process: Child,
}

static SHARED: Mutex<Weak<Emulator>> = Mutex::const_new(Weak::new());

impl Emulator {
    /// The one of all tests of this process that run at the same time: each takes accounts of its own.
    pub async fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().await;
        if let Some(emulator) = shared.upgrade() {
            return emulator;
        }
        let emulator = Arc::new(Self::start().await);
        *shared = Arc::downgrade(&emulator);
        emulator
    }

    /// Starts one and waits until it answers.
    pub async fn start() -> Self {
        let port = crate::port::free();
        let process = Command::new(super::tool("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", "/nonexistent")
            .env("AWS_ACCESS_KEY_ID", "emulator")
            .env("AWS_SECRET_ACCESS_KEY", "emulator")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the emulator starts");
        let emulator = Self { url: format!("http://127.0.0.1:{port}"), process };
        emulator.until_ready().await;
        emulator
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn until_ready(&self) {
        let client = reqwest::Client::new();
        let ready = async {
            while client.get(format!("{}/moto-api/", self.url)).send().await.is_err() {
                #[expect(clippy::disallowed_methods, reason = "another process says in no other way that it listens")]
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, ready).await.is_ok(), "the AWS emulator was not ready within {PATIENCE:?}");
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}
