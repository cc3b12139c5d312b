//! Support for the tests: the real server on a private database, the real simulator as its gateway, a clock that the
//! test controls, and fixture data of teams and accounts.
//!
//! A test is an `async fn` that takes a [`TestApp`]; [`on_both_databases!`] makes a test for each database of it.

pub(crate) mod balancer;
pub(crate) mod campaigns;
pub(crate) mod client;
pub(crate) mod command;
pub(crate) mod daily_files;
pub(crate) mod database;
pub(crate) mod fixtures;
pub(crate) mod gateway;
pub(crate) mod receiver;
pub(crate) mod statements;
pub(crate) mod stream;
pub(crate) mod stub_server;
pub(crate) mod test_app;
pub(crate) mod waiting;

pub(crate) use client::{ApiResponse, Client};
pub(crate) use database::Kind;
pub(crate) use test_app::{TestApp, run, run_with};
pub(crate) use waiting::{eventually, within};

/// Makes the tests `name::on_sqlite` and `name::on_postgres` of each named function (`async fn name(app: TestApp)`).
/// The compiler reports a function that is not named here as dead code. `with CHANGE;` before the names changes the
/// settings (`fn(&mut SettingArgs)`).
macro_rules! on_both_databases {
    (with $change:ident; $($name:ident,)*) => {$(
        mod $name {
            #[test]
            fn on_sqlite() {
                $crate::support::run_with($crate::support::Kind::Sqlite, super::$change, super::$name);
            }

            #[test]
            fn on_postgres() {
                $crate::support::run_with($crate::support::Kind::Postgres, super::$change, super::$name);
            }
        }
    )*};
    ($($name:ident,)*) => {$(
        mod $name {
            #[test]
            fn on_sqlite() {
                $crate::support::run($crate::support::Kind::Sqlite, super::$name);
            }

            #[test]
            fn on_postgres() {
                $crate::support::run($crate::support::Kind::Postgres, super::$name);
            }
        }
    )*};
}

pub(crate) use on_both_databases;
