//! Who asks, and what they may do. Deny by default.

mod caller;
pub mod cookie;
mod login_limit;
pub mod origin;
mod password;
mod permission;
pub mod secret;

pub use caller::{Allowed, Caller};
pub use login_limit::LoginLimit;
pub use password::Passwords;
pub use permission::{Access, Admin, Anyone, Approver, Developer, Operator, Permission, Role, Runner, UnknownRole, Viewer};
