//! The live event stream.

mod accounts;
mod feed;
mod stream;
