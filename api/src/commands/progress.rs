//! A progress line on the terminal, for commands that take long.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

/// Interval between two updates of the progress line.
const TICK: Duration = Duration::from_millis(100);
/// Width of the progress bar, in characters.
const WIDTH: usize = 30;

/// Runs `work` and meanwhile updates a progress line, if stderr is a terminal.
pub(super) async fn with_progress<T>(work: impl Future<Output = T>, line: impl Fn() -> String) -> T {
    let mut terminal = std::io::stderr();
    let is_terminal = terminal.is_terminal();
    let mut ticks = tokio::time::interval(TICK);
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                if is_terminal {
                    let _ = write!(terminal, "\r\x1b[K");
                }
                return done;
            }
            _ = ticks.tick() => {
                if is_terminal {
                    let _ = write!(terminal, "\r{}\x1b[K", line());
                    let _ = terminal.flush();
                }
            }
        }
    }
}

/// Draws a progress bar, with the percentage.
pub(super) fn bar(done: u64, of: u64) -> String {
    let part = |whole: u64| (done.min(of) * whole).checked_div(of).unwrap_or(whole);
    let full = usize::try_from(part(30)).unwrap_or(WIDTH).min(WIDTH);
    format!("[{}{}] {:>3} %", "#".repeat(full), " ".repeat(WIDTH - full), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_from_empty_to_full() {
        assert_eq!(bar(0, 10), format!("[{}]   0 %", " ".repeat(30)));
        assert_eq!(bar(5, 10), format!("[{}{}]  50 %", "#".repeat(15), " ".repeat(15)));
        for full in [bar(10, 10), bar(11, 10), bar(0, 0)] {
            assert_eq!(full, format!("[{}] 100 %", "#".repeat(30)));
        }
    }
}
