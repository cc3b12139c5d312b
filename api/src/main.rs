//! The commands of `sms-chat`. Each does one thing and ends with exit code 0, or says on stderr what is wrong and ends
//! with 1 (2 for wrong usage).

mod commands;

use std::process::ExitCode;

use clap::Parser;

use commands::Cli;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("sms-chat: {fault}");
            ExitCode::FAILURE
        }
    }
}
