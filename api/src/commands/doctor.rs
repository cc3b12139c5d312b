//! `sms-chat doctor`: says in plain words what is wrong and how to mend it, a line for each check.

use api::{
    clock::Clock,
    config::Settings,
    doctor::{Finding, Verdict, examine},
};

use super::{Fault, runtime};

pub(super) fn doctor(settings: &Settings, repair: bool) -> Result<(), Fault> {
    runtime()?.block_on(async {
        let examination = examine(settings, &Clock::System).await;
        let mut wrong = examination.findings.iter().filter(|finding| tell(finding)).count();
        if repair {
            wrong += usize::from(tell(&examination.repair(Clock::System).await));
        }
        match wrong {
            0 => Ok(()),
            1 => Err("one thing is wrong".into()),
            several => Err(format!("{several} things are wrong").into()),
        }
    })
}

/// Says what was found; whether it is wrong.
fn tell(Finding { what, verdict }: &Finding) -> bool {
    match verdict {
        Verdict::Fine(said) => println!("ok           {what}: {said}."),
        Verdict::Wrong(fault, fix) => println!("wrong        {what}: {fault}. To mend it: {fix}."),
        Verdict::Unchecked(why) => println!("not checked  {what}: {why}."),
    }
    matches!(verdict, Verdict::Wrong(..))
}
