//! Interprets the gateway's response to a sent message: accepted, refused for good, to be retried, or unknown. A
//! doubtful case is unknown, so that the message is looked up before it is sent again.

use chrono::TimeDelta;
use serde::Deserialize;

use super::{
    error_codes::{GatewayCode, Handling},
    failure::FailureCode,
    transport::GatewayResponse,
};

/// The outcome of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The gateway accepted the message and gave it this id.
    Accepted(String),
    /// The gateway refused the message for good, with this error code.
    Refused(FailureCode),
    /// The message did not reach the gateway, or the gateway refused it for now. The time is what the gateway asks to
    /// wait.
    Retry(Option<TimeDelta>),
    /// The gateway may have the message: look it up before sending it again. The time is what the gateway asks to wait.
    Unknown(Option<TimeDelta>),
    /// The gateway refuses our credentials.
    Unauthorised,
}

#[derive(Deserialize)]
struct Accepted {
    sid: String,
}

/// Twilio's error response.
#[derive(Default, Deserialize)]
struct Fault {
    #[serde(default)]
    code: Option<u32>,
}

/// Interprets a response. Source: Twilio's REST API responses.
pub(super) fn outcome(response: &GatewayResponse) -> Outcome {
    if (200..300).contains(&response.status) {
        return match serde_json::from_slice::<Accepted>(&response.body) {
            Ok(message) => Outcome::Accepted(message.sid),
            Err(_) => Outcome::Unknown(None),
        };
    }
    let given = serde_json::from_slice::<Fault>(&response.body).unwrap_or_default().code.map(GatewayCode);
    let code = given.unwrap_or(GatewayCode(response.status.into()));
    match response.status {
        429 => Outcome::Retry(response.retry_after),
        400..=499 if code.handling() == Handling::Retry => Outcome::Retry(response.retry_after),
        401 => Outcome::Unauthorised,
        403 if !code.is_about_message() => Outcome::Unauthorised,
        // A request time-out: the gateway may have read enough to accept the message.
        408 => Outcome::Unknown(response.retry_after),
        400..=499 => Outcome::Refused(FailureCode::Gateway(code)),
        // A server that fails may have accepted the message before the failure.
        _ => Outcome::Unknown(response.retry_after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(status: u16, body: &str) -> Outcome {
        outcome(&GatewayResponse { status, retry_after: None, date: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn an_accepted_message_needs_only_an_id_in_the_response() {
        for body in [
            r#"{"sid": "SM1", "status": "accepted"}"#,
            r#"{"sid": "SM1", "body": null, "date_created": null, "direction": null, "price": "-0.04"}"#,
            r#"{"sid": "SM1", "status": "a future status"}"#,
        ] {
            assert_eq!(outcome_of(201, body), Outcome::Accepted("SM1".into()), "{body}");
        }
    }

    #[test]
    fn an_unreadable_success_and_a_server_error_are_unknown_outcomes() {
        for body in ["", "<html>", "{}", r#"{"sid": 1}"#] {
            assert_eq!(outcome_of(201, body), Outcome::Unknown(None), "{body}");
        }
        for status in [302, 408, 500, 502, 503, 504] {
            assert_eq!(outcome_of(status, r#"{"code": 20500}"#), Outcome::Unknown(None), "{status}");
        }
    }

    #[test]
    fn a_refusal_is_final_and_carries_the_gateways_code() {
        let refused = |code| Outcome::Refused(FailureCode::Gateway(GatewayCode(code)));
        assert_eq!(outcome_of(400, r#"{"code": 21610, "message": "No"}"#), refused(21_610));
        assert_eq!(outcome_of(403, r#"{"code": 21408}"#), refused(21_408));
        assert_eq!(outcome_of(404, r#"{"code": null}"#), refused(404));
        assert_eq!(outcome_of(400, "<html>"), refused(400));
    }

    #[test]
    fn wrong_credentials_are_not_a_refusal_of_the_message() {
        assert_eq!(outcome_of(401, r#"{"code": 20003}"#), Outcome::Unauthorised);
        assert_eq!(outcome_of(403, r#"{"code": 20005}"#), Outcome::Unauthorised);
        assert_eq!(outcome_of(403, ""), Outcome::Unauthorised);
    }

    #[test]
    fn a_temporary_error_is_retried_after_the_wait_that_the_gateway_asks_for() {
        assert_eq!(outcome_of(429, ""), Outcome::Retry(None));
        for code in [14_107, 20_429, 20_503, 21_611, 30_001, 30_022] {
            assert_eq!(outcome_of(400, &format!(r#"{{"code": {code}}}"#)), Outcome::Retry(None), "{code}");
        }
        let wait = Some(TimeDelta::seconds(7));
        let asked =
            |status| outcome(&GatewayResponse { status, retry_after: wait, date: None, body: Vec::new() });
        assert_eq!(asked(429), Outcome::Retry(wait));
        assert_eq!(asked(503), Outcome::Unknown(wait));
    }
}
