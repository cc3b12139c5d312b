//! Who is asking, and what they may do. Every route under `/api/v1` but sign-in takes a [`Caller`].

mod caller;
pub(crate) mod confirm;
mod cookies;
mod csrf;
mod device;
mod origin;
mod own_sessions;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod queries;
mod rate_limit;
mod refresh;
pub mod routes;
mod scope;
pub(crate) mod security_log;
mod session;
mod throttle;
pub(crate) mod token;
mod user_agent;

pub use caller::{Caller, Who};
pub use password::{PasswordError, PasswordPool};
pub use rate_limit::RateLimit;
pub use scope::TeamScope;
pub use throttle::SignInThrottle;
pub use token::TokenKeys;
