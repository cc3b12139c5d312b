//! Teams, their members and their numbers.

mod management;
mod members;
mod numbers;
mod unknown_teams;
