//! Sessions: signing in, cookies, limits, and the own profile and credentials.

mod cookies;
mod own_credentials;
mod own_sessions;
mod profile;
mod secret_change;
mod sign_in;
mod sign_in_limits;
