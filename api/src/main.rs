//! The `sms-chat` command line. A command exits with 0, or prints one error to stderr and exits with 1 (2 for wrong
//! usage).

mod commands;

use std::process::ExitCode;

use clap::Parser;

use commands::Cli;

fn main() -> ExitCode {
    limit_arenas();
    match commands::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("sms-chat: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// Lets glibc allocate from one arena for each processor. It would have eight for each, and memory that is freed in one
/// is not used for another.
#[cfg(target_env = "gnu")]
fn limit_arenas() {
    let arenas = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if let Ok(arenas) = i32::try_from(arenas) {
        #[expect(unsafe_code, reason = "`mallopt` is sound before other threads are started")]
        // Without success, the process only uses more memory.
        let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
    }
}

#[cfg(not(target_env = "gnu"))]
const fn limit_arenas() {}
