//! Templates: named texts with placeholders. [`change`] makes and arranges them, [`placeholders`] knows what they may
//! ask for, [`render`] fills them in.

pub mod change;
pub mod placeholders;
pub(crate) mod queries;
pub mod render;
pub mod routes;
