//! Rules that hold for every request, whatever its path.

mod access;
mod access_table;
mod assets;
mod bad_input;
mod clean_text;
mod cors;
mod idempotency;
mod idempotent_posts;
mod preconditions;
mod request_limits;
mod requests;
