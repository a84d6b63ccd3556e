//! Everything that Tidegate knows about the outside, and nothing else: each module implements a port of
//! [`engine::ports`] for one system. What an outside system says is translated here into the engine's words;
//! whether it matters is decided in the core. No module knows another one beside [`egress`], the secrets of web hooks, how tokens are
//! signed, and the child processes that git and command monitors share.

use std::sync::Arc;

use engine::ports::MonitorReader;

pub mod aws;
pub mod blobs;
pub mod clock;
pub mod command_monitor;
pub mod datadog;
pub mod egress;
pub mod git;
pub mod github;
pub mod hooks;
pub mod http_monitor;
pub mod ids;
pub mod notify;
pub mod oidc;
pub mod prometheus;
pub mod secrets;

mod jwt;
mod process;

/// Every monitor that this server can read. Who is known to none of them reads as unreadable in the engine.
#[must_use]
pub fn monitors(client: &egress::Client, allow_commands: bool) -> Vec<Arc<dyn MonitorReader>> {
    vec![
        Arc::new(http_monitor::HttpMonitor::new(client.clone())),
        Arc::new(prometheus::Prometheus::new(client.clone())),
        Arc::new(command_monitor::CommandMonitor::new(allow_commands)),
    ]
}
