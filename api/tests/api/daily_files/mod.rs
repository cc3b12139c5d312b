//! Daily files: importing, comparing and restoring them.

mod failures;
mod formats;
mod history;
mod r#import;
mod import_command;
mod turnover;
