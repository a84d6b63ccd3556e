//! Who asks, and what they may do. Deny by default.

pub(crate) mod accounts;
mod caller;
pub mod cookie;
mod first_start;
mod login_limit;
pub mod origin;
mod password;
mod permission;
pub mod secret;

pub use caller::{Allowed, Caller, Person};
pub(crate) use caller::{authorise, bearer};
pub use first_start::{Link, first_start};
pub use login_limit::LoginLimit;
pub use password::Passwords;
pub use permission::{Access, Admin, Anyone, Approver, Developer, Operator, Permission, Role, Runner, UnknownRole, Viewer};
