//! Accounts: creating and changing them, permissions and teams.

mod access;
mod authority;
mod management;
mod permissions;
mod preferences;
