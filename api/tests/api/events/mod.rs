//! The live event stream.

mod stream;
