//! Handles a message from the server: rejects it, applies a fault, or accepts it into the ledger. An accepted message
//! gets its receipts even when the server never receives the response.

use std::{sync::Arc, time::Duration};

use hyper::StatusCode;

use crate::{
    clock,
    faults::{Call, Fault, Stage},
    ledger::{Direction, Status, Text},
    media::new_sid,
    receipts::{self, Plan},
    refusal::Refusal,
    reply::{self, Dropped, Outcome, Parameters},
    resource, rest, segments,
    world::{State, World},
};

const LONGEST_BODY: usize = 1600;

/// Handles `POST Messages.json`.
pub(crate) async fn send(world: &Arc<World>, form: &Parameters) -> Outcome {
    let to = form.get("To").unwrap_or_default();
    rest::delay(world, to, Call::Send).await;
    let fault = world.state().faults.take(to, Stage::Request(Call::Send));
    match &fault {
        None | Some(Fault::TimeoutAfterAccept | Fault::ResetAfterAccept) => {}
        Some(Fault::AcceptLate { ms }) => {
            accept_late(world, form.clone(), Duration::from_millis(*ms));
            return std::future::pending().await;
        }
        Some(fault) => return rest::refuse(fault),
    }
    let (resource, sid, plan) = match accept(world, form) {
        Ok(accepted) => accepted,
        Err(refusal) => return Ok(refusal.reply()),
    };
    let early = plan.comes_early();
    // A separate task, since hyper drops this future when the client disconnects.
    let coming = tokio::spawn({
        let world = Arc::clone(world);
        async move { receipts::run(&world, &sid, plan).await }
    });
    if early {
        let _ = coming.await;
    }
    match fault {
        Some(Fault::TimeoutAfterAccept) => std::future::pending().await,
        Some(_) => Err(Dropped),
        None => Ok(reply::json(StatusCode::CREATED, &resource)),
    }
}

/// Accepts a message after a delay, even when the client has disconnected.
fn accept_late(world: &Arc<World>, form: Parameters, late: Duration) {
    let world = Arc::clone(world);
    tokio::spawn(async move {
        tokio::time::sleep(late).await;
        if let Ok((_, sid, plan)) = accept(&world, &form) {
            receipts::run(&world, &sid, plan).await;
        }
    });
}

type Accepted = (serde_json::Value, String, Plan);

fn accept(world: &World, form: &Parameters) -> Result<Accepted, Refusal> {
    let mut state = world.state();
    let draft = check(&state, form, world.settings.only_registered_senders)?;
    let now = clock::now();
    let text = Text {
        sid: new_sid("SM"),
        num_segments: segments::count(&draft.body),
        from: draft.from,
        to: draft.to,
        body: draft.body,
        direction: Direction::Outbound,
        status: if draft.service.is_some() { Status::Accepted } else { Status::Queued },
        error_code: None,
        messaging_service_sid: draft.service,
        media: Vec::new(),
        status_callback: form.get("StatusCallback").map(str::to_owned),
        accepted_at: now,
        sent_at: None,
        updated_at: now,
        receipts: Vec::new(),
        webhook: None,
        webhook_status: None,
    };
    let fault = state.faults.take(&text.to, Stage::Outcome);
    let plan = Plan::new(fault.as_ref(), world.settings.receipt_delay);
    let resource = resource::message(&world.settings.account_sid, &text);
    let sid = text.sid.clone();
    state.ledger.add(text);
    Ok((resource, sid, plan))
}

struct Draft {
    to: String,
    from: String,
    body: String,
    service: Option<String>,
}

fn check(state: &State, form: &Parameters, only_registered_senders: bool) -> Result<Draft, Refusal> {
    let to = form.get("To").ok_or(Refusal::ToMissing)?.to_owned();
    let service = form.get("MessagingServiceSid").map(str::to_owned);
    let from = match form.get("From") {
        Some(from) => from.to_owned(),
        // At Twilio the messaging service chooses a number; the simulator takes the first one.
        None if service.is_some() => {
            state.numbers.first().map(|desk| desk.number.clone()).unwrap_or_default()
        }
        None => return Err(Refusal::FromMissing),
    };
    if !is_e164(&to) {
        return Err(Refusal::ToInvalid { to });
    }
    if only_registered_senders && !state.numbers.iter().any(|desk| desk.number == from) {
        return Err(Refusal::FromNotOwned { from });
    }
    let body = form.get("Body").ok_or(Refusal::BodyMissing)?.to_owned();
    if body.chars().count() > LONGEST_BODY {
        return Err(Refusal::BodyTooLong);
    }
    if state.opted_out.contains(&(to.clone(), from.clone())) {
        return Err(Refusal::OptedOut);
    }
    Ok(Draft { to, from, body, service })
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{Parameters, Refusal, State, check, is_e164};

    fn refusal_of(form: &str) -> Option<Refusal> {
        let mut state = State::default();
        state.opted_out.insert(("+447700900199".to_owned(), "+447700900001".to_owned()));
        check(&state, &Parameters::parse(form.as_bytes()), false).err()
    }

    #[test]
    fn a_missing_field_is_named() {
        assert_eq!(refusal_of("From=%2B447700900001&Body=Hi"), Some(Refusal::ToMissing));
        assert_eq!(refusal_of("To=%2B447700900123&Body=Hi"), Some(Refusal::FromMissing));
        assert_eq!(refusal_of("To=%2B447700900123&From=%2B447700900001"), Some(Refusal::BodyMissing));
        assert_eq!(refusal_of("To=%2B447700900123&From=%2B447700900001&Body=Hi"), None);
        assert_eq!(refusal_of("To=%2B447700900123&MessagingServiceSid=MG1&Body=Hi"), None);
    }

    #[test]
    fn a_body_has_at_most_1600_characters() {
        let form = |length| format!("To=%2B447700900123&From=%2B447700900001&Body={}", "a".repeat(length));
        assert_eq!(refusal_of(&form(1600)), None);
        assert_eq!(refusal_of(&form(1601)), Some(Refusal::BodyTooLong));
    }

    #[test]
    fn an_opted_out_customer_gets_no_message_from_that_number() {
        assert_eq!(refusal_of("To=%2B447700900199&From=%2B447700900001&Body=Hi"), Some(Refusal::OptedOut));
        assert_eq!(refusal_of("To=%2B447700900199&From=%2B447700900002&Body=Hi"), None);
    }

    #[test]
    fn only_international_numbers_are_valid_recipients() {
        assert!(is_e164("+447700900123"));
        for wrong in ["447700900123", "07700900123", "+0447700900123", "+44 7700 900123", "+", "+44x"] {
            assert!(!is_e164(wrong), "{wrong}");
        }
    }
}
