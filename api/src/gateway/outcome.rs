//! What the gateway's answer to a text means: taken, refused for good, to be tried again, or unknown. When in doubt it is
//! unknown, which is looked up before anything is sent again.

use chrono::TimeDelta;
use serde::Deserialize;

use super::transport::Answer;

/// What came of handing a text over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway has it, under this id.
    Accepted(String),
    /// The gateway will never take it, for this error code.
    Refused(String),
    /// It did not reach the gateway, or was turned away for now; how long the gateway asks us to wait.
    Retry(Option<TimeDelta>),
    /// Whether the gateway has it is unknown: look it up before sending again, and not before it asks.
    Unknown(Option<TimeDelta>),
    /// The gateway does not know us: the credentials are wrong.
    Unauthorised,
}

/// Codes that pass with time, whatever status they come with: too many requests (20429), the account's and the number's
/// rates and queues (14107, 21611, 30001, 30022), a service that is down for a moment (20503). Source: Twilio's error and
/// warning dictionary.
const PASSING: [i64; 6] = [14_107, 20_429, 20_503, 21_611, 30_001, 30_022];

/// Codes about a text, which say nothing of the credentials when they come with 403.
const ABOUT_TEXTS: [std::ops::Range<i64>; 2] = [21_000..22_000, 30_000..31_000];

#[derive(Deserialize)]
struct Accepted {
    sid: String,
}

/// Twilio's error answer.
#[derive(Default, Deserialize)]
struct Fault {
    #[serde(default)]
    code: Option<i64>,
}

/// What an answer means. Source: Twilio's REST API responses.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    if (200..300).contains(&answer.status) {
        return match serde_json::from_slice::<Accepted>(&answer.body) {
            Ok(message) => Outcome::Accepted(message.sid),
            Err(_) => Outcome::Unknown(None),
        };
    }
    let code = serde_json::from_slice::<Fault>(&answer.body).unwrap_or_default().code;
    let is_client_fault = (400..500).contains(&answer.status);
    let is_about_the_text = code.is_some_and(|code| ABOUT_TEXTS.iter().any(|codes| codes.contains(&code)));
    match answer.status {
        429 => Outcome::Retry(answer.retry_after),
        _ if is_client_fault && code.is_some_and(|code| PASSING.contains(&code)) => {
            Outcome::Retry(answer.retry_after)
        }
        401 => Outcome::Unauthorised,
        403 if !is_about_the_text => Outcome::Unauthorised,
        // It gave up reading, or a proxy did: who knows what it had read.
        408 => Outcome::Unknown(answer.retry_after),
        400..=499 => {
            Outcome::Refused(code.map_or_else(|| answer.status.to_string(), |code| code.to_string()))
        }
        // A server that fails may have accepted the text before it failed.
        _ => Outcome::Unknown(answer.retry_after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        outcome(&Answer { status, retry_after: None, date: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn an_accepted_text_has_an_id_whatever_else_the_gateway_says() {
        for body in [
            r#"{"sid": "SM1", "status": "accepted"}"#,
            r#"{"sid": "SM1", "body": null, "date_created": null, "direction": null, "price": "-0.04"}"#,
            r#"{"sid": "SM1", "status": "a word of tomorrow"}"#,
        ] {
            assert_eq!(answered(201, body), Outcome::Accepted("SM1".into()), "{body}");
        }
    }

    #[test]
    fn a_success_that_cannot_be_read_is_unknown_and_so_is_a_servers_fault() {
        for body in ["", "<html>", "{}", r#"{"sid": 1}"#] {
            assert_eq!(answered(201, body), Outcome::Unknown(None), "{body}");
        }
        for status in [302, 408, 500, 502, 503, 504] {
            assert_eq!(answered(status, r#"{"code": 20500}"#), Outcome::Unknown(None), "{status}");
        }
    }

    #[test]
    fn a_refusal_is_final_and_keeps_the_gateways_code() {
        assert_eq!(answered(400, r#"{"code": 21610, "message": "No"}"#), Outcome::Refused("21610".into()));
        assert_eq!(answered(403, r#"{"code": 21408}"#), Outcome::Refused("21408".into()));
        assert_eq!(answered(404, r#"{"code": null}"#), Outcome::Refused("404".into()));
        assert_eq!(answered(400, "<html>"), Outcome::Refused("400".into()));
    }

    #[test]
    fn wrong_credentials_are_no_fault_of_the_texts() {
        assert_eq!(answered(401, r#"{"code": 20003}"#), Outcome::Unauthorised);
        assert_eq!(answered(403, r#"{"code": 20005}"#), Outcome::Unauthorised);
        assert_eq!(answered(403, ""), Outcome::Unauthorised);
    }

    #[test]
    fn what_passes_with_time_is_tried_again_when_the_gateway_asks() {
        assert_eq!(answered(429, ""), Outcome::Retry(None));
        for code in PASSING {
            assert_eq!(answered(400, &format!(r#"{{"code": {code}}}"#)), Outcome::Retry(None), "{code}");
        }
        let wait = Some(TimeDelta::seconds(7));
        let asked = |status| outcome(&Answer { status, retry_after: wait, date: None, body: Vec::new() });
        assert_eq!(asked(429), Outcome::Retry(wait));
        assert_eq!(asked(503), Outcome::Unknown(wait));
    }
}
