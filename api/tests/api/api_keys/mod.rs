//! API keys: creating them, and what a client can do with one.

mod authentication;
mod management;
