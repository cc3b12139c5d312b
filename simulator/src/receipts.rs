//! The receipts of an accepted message: queued, sent, delivered. Each is posted to the server once, unless a fault
//! changes that. Like Twilio, the simulator does not retry a receipt without a response.

use std::time::Duration;

use crate::{
    clock,
    faults::{Fault, Receipts},
    ledger::{Receipt, Status},
    resource::VERSION,
    webhook,
    world::World,
};

/// A receipt and the delay before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    after: Duration,
    status: Status,
    error_code: Option<u32>,
}

/// The receipts that a message will have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    steps: Vec<Step>,
    /// Whether receipts are posted; otherwise only the ledger changes.
    posted: bool,
    early: bool,
}

impl Plan {
    pub(crate) fn new(fault: Option<&Fault>, delay: Duration) -> Self {
        let step = |status| Step { after: delay, status, error_code: None };
        let mut steps = vec![step(Status::Queued), step(Status::Sent), step(Status::Delivered)];
        let (mut posted, mut early) = (true, false);
        match fault {
            Some(Fault::Fail { error_code, status }) => {
                let status = Status::from(*status);
                // A failed message was never sent; an undelivered one was.
                steps.truncate(if status == Status::Failed { 1 } else { 2 });
                steps.push(Step { after: delay, status, error_code: Some(*error_code) });
            }
            // "queued" is reported at once, and the others after the delay.
            Some(Fault::Queued { ms }) => {
                if let Some(sent) = steps.get_mut(1) {
                    sent.after = Duration::from_millis(*ms);
                }
            }
            Some(Fault::Receipts(Receipts::Late { ms })) => {
                if let Some(last) = steps.last_mut() {
                    last.after = Duration::from_millis(*ms);
                }
            }
            Some(Fault::Receipts(Receipts::Twice)) => {
                steps = steps
                    .into_iter()
                    .flat_map(|step| [step, Step { after: Duration::ZERO, ..step }])
                    .collect();
            }
            Some(Fault::Receipts(Receipts::Reversed)) => steps.reverse(),
            Some(Fault::Receipts(Receipts::Never)) => posted = false,
            Some(Fault::Receipts(Receipts::Early)) => early = true,
            _ => {}
        }
        Self { steps, posted, early }
    }

    /// Whether all receipts are posted before the response to the server's request.
    pub(crate) const fn comes_early(&self) -> bool {
        self.early
    }
}

/// Runs the plan: each step advances the message in the ledger and then posts the receipt.
pub(crate) async fn run(world: &World, sid: &str, plan: Plan) {
    for step in plan.steps {
        if !step.after.is_zero() {
            tokio::time::sleep(step.after).await;
        }
        world.state().ledger.advance(sid, step.status, step.error_code, clock::now());
        if plan.posted {
            post(world, sid, step).await;
        }
    }
}

async fn post(world: &World, sid: &str, step: Step) {
    let Some((url, form)) = compose(world, sid, step) else {
        return;
    };
    let answer = webhook::post(world, &url, &form).await;
    let receipt = Receipt { status: step.status, answer, at: clock::now() };
    world.state().ledger.note_receipt(sid, receipt);
}

fn compose(world: &World, sid: &str, step: Step) -> Option<(String, Vec<(String, String)>)> {
    let state = world.state();
    let text = state.ledger.find(sid)?;
    let url = text.status_callback.clone().or_else(|| state.webhooks.status_url.clone())?;
    let mut form = vec![
        ("MessageSid", text.sid.clone()),
        ("SmsSid", text.sid.clone()),
        ("MessageStatus", step.status.word().to_owned()),
        ("SmsStatus", step.status.word().to_owned()),
        ("To", text.to.clone()),
        ("From", text.from.clone()),
        ("AccountSid", world.settings.account_sid.clone()),
        ("ApiVersion", VERSION.to_owned()),
    ];
    if let Some(service) = &text.messaging_service_sid {
        form.push(("MessagingServiceSid", service.clone()));
    }
    if let Some(code) = step.error_code {
        form.push(("ErrorCode", code.to_string()));
    }
    Some((url, form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Plan, Status};
    use crate::faults::{Failure, Fault, Receipts};

    const DELAY: Duration = Duration::from_millis(10);

    fn statuses(fault: Option<&Fault>) -> Vec<Status> {
        Plan::new(fault, DELAY).steps.iter().map(|step| step.status).collect()
    }

    #[test]
    fn a_message_is_queued_sent_and_delivered() {
        assert_eq!(statuses(None), [Status::Queued, Status::Sent, Status::Delivered]);
    }

    #[test]
    fn an_undelivered_message_was_sent_and_a_failed_one_was_not() {
        let fail = |status| Fault::Fail { error_code: 30_003, status };
        assert_eq!(
            statuses(Some(&fail(Failure::Undelivered))),
            [Status::Queued, Status::Sent, Status::Undelivered]
        );
        assert_eq!(statuses(Some(&fail(Failure::Failed))), [Status::Queued, Status::Failed]);
        let plan = Plan::new(Some(&fail(Failure::Failed)), DELAY);
        assert_eq!(plan.steps.last().and_then(|step| step.error_code), Some(30_003));
    }

    #[test]
    fn receipts_can_come_late_twice_backwards_early_or_not_at_all() {
        let plan = |mode| Plan::new(Some(&Fault::Receipts(mode)), DELAY);
        assert_eq!(
            plan(Receipts::Late { ms: 500 }).steps.last().map(|step| step.after),
            Some(Duration::from_millis(500))
        );
        assert_eq!(statuses(Some(&Fault::Receipts(Receipts::Twice))).len(), 6);
        assert_eq!(
            statuses(Some(&Fault::Receipts(Receipts::Reversed))),
            [Status::Delivered, Status::Sent, Status::Queued]
        );
        let queued = Plan::new(Some(&Fault::Queued { ms: 500 }), DELAY);
        let waits: Vec<Duration> = queued.steps.iter().map(|step| step.after).collect();
        assert_eq!(waits, [DELAY, Duration::from_millis(500), DELAY]);
        assert!(plan(Receipts::Early).comes_early());
        assert!(!plan(Receipts::Never).posted);
    }
}
