//! Who is asking, and what they may do. Every route under `/api/v1` but sign-in takes a [`Caller`].

mod caller;
mod cookies;
mod csrf;
pub(crate) mod password;
mod profile;
pub(crate) mod queries;
mod rate_limit;
pub mod routes;
mod scope;
mod session;
mod throttle;
pub(crate) mod token;

pub use caller::{Caller, Who};
pub use rate_limit::RateLimit;
pub use scope::TeamScope;
pub use throttle::SignInThrottle;
pub use token::TokenKeys;
