//! Templates: content, rendering and placeholders.

mod changes;
mod fields;
mod rendering;
