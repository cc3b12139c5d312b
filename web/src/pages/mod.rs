//! A file or folder per page. A page fetches what it shows and gives it to pieces that draw it.

pub(crate) mod closed;
pub(crate) mod conversation;
pub(crate) mod not_found;
pub(crate) mod queue;
pub(crate) mod sign_in;
