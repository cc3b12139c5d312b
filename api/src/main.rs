//! The `sms-chat` command line. A command exits with 0, or prints one error to stderr and exits with 1 (2 for wrong
//! usage).

mod commands;

use std::process::ExitCode;

use clap::Parser;

use commands::Cli;

fn main() -> ExitCode {
    api::machine::limit_arenas();
    match commands::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("sms-chat: {fault}");
            ExitCode::FAILURE
        }
    }
}
