//! AWS for tests: an emulator, and a front that makes it stricter, slower and more broken than it is.
//!
//! What is proved here is proved over real HTTP with the providers' own clients. The emulator holds every account and
//! region apart and knows STS, Lambda, S3 and alarms whose state is set by hand; it pretends in much else
//! (scripts/aws/README.md). The [`Front`] adds what it does not do: trust policies with external ids, revoked sessions,
//! CloudWatch's binary protocol, throttling, refusals and slowness.

mod cbor;
mod command;
mod emulator;
mod front;
mod lambda;

pub use command::{Cli, python, tool};
pub use emulator::Emulator;
pub use front::{Call, Fault, Front, Harm};
