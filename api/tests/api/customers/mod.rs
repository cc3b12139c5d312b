//! Customers of the current daily file.

mod key_data;
