//! Messages that sound like an opt-out, and messages that do not.

use proptest::prelude::*;

use super::*;

const OPT_OUTS: [&str; 56] = [
    "please stop texting me",
    "Please stop.",
    "STOP it now",
    "stop please!!!",
    "Can you stop please?",
    "S T O P",
    "stop sending me messages",
    "Stop sending me these",
    "Stop with the texts already",
    "can you please stop sending me your automated text messages",
    "I want you to stop contacting me",
    "how do I stop these texts?",
    "I can't stop the texts, help",
    "If you don't stop texting me I will complain",
    "Why don't you stop texting me",
    "quit messaging me",
    "unsubscribe me please",
    "How do I unsubscribe?",
    "I can’t unsubscribe",
    "I unsubscribed last week",
    "I want to opt out",
    "opt me out",
    "I’d like to opt-out of these",
    "take me off your list",
    "Take me off this please",
    "get me off this list!",
    "please take me off.",
    "take my number off your system",
    "remove me from your list",
    "Remove me please",
    "remove my number",
    "delete my phone number please",
    "lose my number",
    "do not text me again",
    "DON’T TEXT ME",
    "dont text this number",
    "never contact me again",
    "please do not message me any more",
    "Do not ever text me",
    "I don't want these messages",
    "I do not want to be contacted",
    "I don't want any more texts from you",
    "I no longer wish to receive text messages",
    "I don't want to hear from you",
    "don't send me any more texts",
    "No more messages please",
    "no more texts",
    "leave me alone",
    "LEAVE ME ALONE!!!",
    "go away",
    "Fuck off",
    "cease and desist",
    "I withdraw my consent",
    "I do not consent to this",
    "ＰＬＥＡＳＥ ＳＴＯＰ ＴＥＸＴＩＮＧ ＭＥ",
    "please st\u{200b}op tex\u{ad}ting me",
];

#[test]
fn a_message_that_asks_for_no_more_messages_is_flagged() {
    for text in OPT_OUTS {
        assert!(sounds_like_opt_out(text), "{text:?}");
    }
}

#[test]
fn a_message_about_something_else_is_not_flagged() {
    for text in [
        "",
        "👍",
        "stop by the shop",
        "I can't stop thinking",
        "when does it stop?",
        "bus stop",
        "I will stop by tomorrow and text you",
        "Please stop the direct debit",
        "can I stop my payments in December?",
        "Does the payment stop after May?",
        "Please don't stop texting me",
        "do not stop the messages please",
        "Why did you stop texting me?",
        "I did not unsubscribe",
        "non-stop rain here",
        "I never got your text",
        "I never get text messages about this",
        "I did not text you",
        "Sorry, I don't have my phone with me",
        "I don't want to miss your message",
        "I do not need to text you the form",
        "You don't need to send me the form",
        "don't message, just call",
        "can you text me again",
        "text me tomorrow",
        "No more payments left",
        "I have opted in",
        "please cancel my order",
        "cancel it please",
        "the end of the month is fine",
        "take me off hold",
        "get off the bus at the second stop",
        "remove the charge please",
        "Please remove me as a guarantor",
        "my number is 07700 900123",
        "I was alone, they left me",
        "I will go away on Friday",
        "quit smoking",
        "Can I pay on Friday?",
    ] {
        assert!(!sounds_like_opt_out(text), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = sounds_like_opt_out(&text);
    }

    #[test]
    fn a_request_is_found_after_any_text(text in "[a-z ]{0,40}") {
        let message = format!("{text} please leave me alone");
        prop_assert!(sounds_like_opt_out(&message));
    }
}
