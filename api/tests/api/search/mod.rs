//! Search by number, reference and name.

mod common_names;
mod folding;
mod terms;
