//! Who is asking, and what they may do. Every route under `/api/v1` but sign-in takes a [`Caller`].

mod caller;
mod cookies;
mod csrf;
pub(crate) mod password;
mod queries;
mod rate_limit;
pub mod routes;
mod scope;
mod session;
mod throttle;
mod token;

pub use caller::Caller;
pub use rate_limit::RateLimit;
pub use scope::TeamScope;
pub use throttle::SignInThrottle;
pub use token::TokenKeys;
