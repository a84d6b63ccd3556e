//! AWS for tests: an emulator, and a front that makes it stricter, slower and more broken than it is.
//!
//! What is proved here is proved over real HTTP with the providers' own clients. The emulator holds every account and
//! region apart and knows STS, Lambda, S3 and alarms whose state is set by hand; it pretends in much else
//! (scripts/aws/README.md). The [`Front`] adds what it does not do: trust policies with external ids, revoked sessions,
//! CloudWatch's binary protocol, throttling, refusals and slowness.

pub(crate) mod cbor;
mod command;
mod emulator;
mod fake;
mod federation;
mod front;
mod lambda;
mod places;
mod server;

pub use command::{Cli, python, tool};
pub use emulator::Emulator;
pub use fake::{Fake, Seen};
pub use federation::{Federation, Provider};
pub use front::{Call, Fault, Front, Harm};
pub use places::{Place, get, prepare_places, serving};
pub use server::{AgentCommand, ISSUER, PUSH_SECRET, ServerCommand, agent, cloud, cloud_with, settings};

/// An account that no other test of this process uses.
#[must_use]
pub fn own_account() -> String {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(500_000_000_001);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string()
}
