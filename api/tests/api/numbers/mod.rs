//! Checking a phone number.

mod check;
