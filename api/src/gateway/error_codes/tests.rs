//! The table's order, and the decisions that the server has always made.

use shared::message::MessageError;

use super::*;
use crate::gateway::failure::FailureCode;

fn codes_with(handling: Handling) -> Vec<u32> {
    KNOWN_CODES.iter().filter(|known| known.handling == handling).map(|known| known.code.0).collect()
}

#[test]
fn the_codes_are_unique_and_in_ascending_order() {
    assert!(KNOWN_CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    for known in &KNOWN_CODES {
        assert_eq!(known.code.known().unwrap().code, known.code);
    }
    assert!(GatewayCode(99_999).known().is_none());
}

#[test]
fn only_overload_is_retried_and_only_one_code_records_an_opt_out() {
    assert_eq!(codes_with(Handling::Retry), [14_107, 20_429, 20_503, 21_611, 30_001, 30_022]);
    assert_eq!(codes_with(Handling::RecordOptOut), [21_610]);
    for unknown in [0, 404, 20_003, 99_999] {
        assert_eq!(GatewayCode(unknown).handling(), Handling::Fail, "{unknown}");
    }
}

#[test]
fn codes_from_21000_and_from_30000_concern_a_message() {
    for code in [21_000, 21_408, 21_999, 30_000, 30_034, 30_999] {
        assert!(GatewayCode(code).is_about_message(), "{code}");
    }
    for code in [403, 14_107, 20_003, 20_999, 22_000, 29_999, 31_000] {
        assert!(!GatewayCode(code).is_about_message(), "{code}");
    }
}

#[test]
fn the_app_offers_to_send_a_message_again_unless_its_number_or_its_text_is_the_cause() {
    let is_useless = |code: &FailureCode| {
        !MessageError { code: code.to_string(), text: String::new() }.is_worth_another_try()
    };
    let known = KNOWN_CODES.iter().map(|known| known.code);
    let useless: Vec<u32> =
        known.filter(|code| is_useless(&FailureCode::Gateway(*code))).map(|code| code.0).collect();
    assert_eq!(useless, [21_211, 21_612, 21_614, 21_617, 30_004, 30_005, 30_006, 30_007]);
    // The customer may already have the message.
    assert!(is_useless(&FailureCode::OutcomeUnknown));
    assert!(!is_useless(&FailureCode::NotAccepted) && !is_useless(&FailureCode::Unspecified));
}

#[test]
fn each_code_is_explained_in_two_sentences() {
    for known in &KNOWN_CODES {
        assert!(
            ["The ", "Our ", "Messages "].iter().any(|start| known.cause.starts_with(start)),
            "{known:?}"
        );
        assert!(known.cause.ends_with('.') && known.advice.ends_with('.'), "{known:?}");
    }
}
