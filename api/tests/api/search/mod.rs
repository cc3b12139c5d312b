//! Search by number, reference and name.

mod common_names;
mod complete;
mod folding;
mod terms;
