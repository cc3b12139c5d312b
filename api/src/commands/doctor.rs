//! `sms-chat doctor`: prints a line for each check, with the problem and how to fix it.

use api::{
    clock::Clock,
    config::Settings,
    doctor::{Finding, Outcome, run_checks},
};

use super::{CommandError, runtime};

pub(super) fn doctor(settings: &Settings, repair: bool) -> Result<(), CommandError> {
    runtime()?.block_on(async {
        let report = run_checks(settings, &Clock::System).await;
        let mut wrong = report.findings.iter().filter(|finding| print(finding)).count();
        if repair {
            wrong += usize::from(print(&report.repair(Clock::System).await));
        }
        match wrong {
            0 => Ok(()),
            1 => Err("one thing is wrong".into()),
            several => Err(format!("{several} things are wrong").into()),
        }
    })
}

/// Prints a finding. Returns whether it is a problem.
fn print(Finding { check, outcome }: &Finding) -> bool {
    match outcome {
        Outcome::Ok(detail) => println!("ok           {check}: {detail}."),
        Outcome::Wrong { problem, fix } => println!("wrong        {check}: {problem}. To fix it: {fix}."),
        Outcome::NotChecked(reason) => println!("not checked  {check}: {reason}."),
    }
    matches!(outcome, Outcome::Wrong { .. })
}
