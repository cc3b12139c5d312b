//! The live event stream.

mod feed;
mod stream;
