//! Prints a line when a step starts, its duration when it ends, and a summary.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Runs a step and prints what it does, why, and how long it took.
pub(crate) fn step<T>(what: &str, why: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("{what}: {why}");
    let started = Instant::now();
    let done = work()?;
    println!("{what}: {}", seconds(started.elapsed()));
    Ok(done)
}

/// Steps whose outcomes and durations are printed at the end. A failed step does not stop the others.
#[derive(Default)]
pub(crate) struct Summary {
    lines: Vec<(String, Duration, Option<String>)>,
}

impl Summary {
    /// Runs a step and records its outcome; returns `None` when it failed.
    pub(crate) fn run<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("{what}");
        let started = Instant::now();
        let outcome = work();
        let fault = outcome.as_ref().err().map(|error| format!("{error:#}"));
        self.lines.push((what.to_owned(), started.elapsed(), fault));
        outcome.ok()
    }

    /// Prints the summary; fails when any step failed.
    pub(crate) fn finish(self) -> Result<()> {
        println!();
        for (what, time, fault) in &self.lines {
            let outcome =
                fault.as_deref().map_or_else(|| "ok".to_owned(), |fault| format!("FAILED: {fault}"));
            println!("{:>9}  {what}: {outcome}", seconds(*time));
        }
        match self.lines.iter().filter(|(_, _, fault)| fault.is_some()).count() {
            0 => Ok(()),
            failed => anyhow::bail!("{failed} of {} steps failed", self.lines.len()),
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
