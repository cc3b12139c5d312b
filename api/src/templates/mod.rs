//! Templates: named texts with placeholders. [`change`] creates and changes templates, [`placeholders`] lists
//! the available placeholders, [`render`] fills them in.

pub mod change;
pub mod placeholders;
pub(crate) mod queries;
pub mod render;
pub mod routes;
