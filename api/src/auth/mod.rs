//! Authentication and permissions. Every route under `/api/v1` extracts a [`Caller`], except sign-in, refresh and the
//! gateway's webhooks.

mod access;
pub(crate) mod audit_log;
mod authenticator;
mod authority;
mod caller;
mod callers;
pub(crate) mod confirm;
mod cookies;
mod csrf;
mod device;
mod extractor;
mod origin;
mod own_sessions;
pub(crate) mod password;
mod problems;
pub(crate) mod queries;
mod rate_limit;
mod refresh;
pub mod routes;
mod scope;
mod session;
mod throttle;
pub(crate) mod token;
mod user_agent;

pub(crate) use origin::client_address;

pub use access::{AllTeamsRequired, LookupError, NotFound, OwnerError, Resource};
pub use authenticator::Authenticator;
pub use authority::Authority;
pub use caller::{AccountRequired, Caller, Identity, MissingPermission};
pub use callers::Callers;
pub use password::{PasswordError, PasswordPool};
pub use rate_limit::{Allowance, RateLimit};
pub use scope::TeamScope;
pub use throttle::SignInThrottle;
pub use token::TokenKeys;
