//! Closure reasons, the catalogue to close conversations with.

mod reasons;
