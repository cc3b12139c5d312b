//! Checks a message and sends it once.
//!
//! The idempotency key identifies the message being written, through all edits and attempts. It changes only after the
//! message was sent, and after the answer `idempotency_key_reused`: an earlier version did arrive, so what is in the
//! message box is another message. After any other refusal the key stays. The server stores no refusals, so the same key
//! can be tried again; and if an earlier attempt lost its response, the same key prevents a second message.

use leptos::prelude::*;
use shared::{
    ErrorCode,
    message::MessageBody,
    template::{broken_placeholder, placeholders},
};

use super::{
    Composer,
    draft::{Details, Draft},
    text::braced,
};
use crate::api::{RequestError, new_idempotency_key};

const EARLIER_VERSION_SENT: &str = "An earlier version of this message was sent already. Read the conversation with \
                                    this number before you send again.";

/// What a response means for the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The message is sent. What the agent writes next is another message.
    Sent,
    /// An earlier version of the message was sent. The text in the message box is another message.
    EarlierVersionSent,
    /// The message was not sent, or its response is lost. The next attempt has the same key.
    NotSent,
}

/// Returns what a response means for the draft.
fn outcome<T>(response: &Result<T, RequestError>) -> Outcome {
    match response {
        Ok(_) => Outcome::Sent,
        Err(error) if error.code() == Some(ErrorCode::IdempotencyKeyReused) => Outcome::EarlierVersionSent,
        Err(_) => Outcome::NotSent,
    }
}

/// Returns why a text cannot be sent, or `None` if it can.
fn text_error(text: &str) -> Option<String> {
    if let Err(error) = MessageBody::parse(text.to_owned()) {
        return Some(error.to_string());
    }
    if let Some(broken) = broken_placeholder(text) {
        return Some(broken.to_string());
    }
    let missing = placeholders(text);
    (!missing.is_empty()).then(|| format!("Not sent. Fill in first: {}", braced(&missing)))
}

impl<D: Details> Composer<D> {
    /// Returns whether the text can be sent. If not, shows why and focuses the message box.
    pub(crate) fn check_text(self) -> bool {
        match text_error(&self.draft.with_untracked(|draft| draft.text.shown())) {
            Some(error) => {
                self.refuse(&error);
                false
            }
            None => true,
        }
    }

    /// Shows why the text is not sent, and focuses the message box.
    pub(crate) fn refuse(self, reason: &str) {
        self.form.set_error(RequestError::in_field("body", reason));
        self.focus();
    }

    /// Sends the draft with `request`, unless a request is in progress. `sent` receives the response. `refused` runs if
    /// the composer is still open, and returns the error to show.
    pub(crate) fn send<T: 'static>(
        self,
        draft: Draft<D>,
        request: impl Future<Output = Result<T, RequestError>> + 'static,
        sent: impl FnOnce(T) + 'static,
        refused: impl FnOnce(RequestError) -> Result<(), RequestError> + 'static,
    ) {
        let key = self.key.get_value();
        self.form.send_detached(request, move |response| {
            match outcome(&response) {
                Outcome::Sent => {
                    // The stored draft, if the composer is closed.
                    let now = self.draft.try_get_untracked().unwrap_or_else(|| Draft::load(&key));
                    let remaining = now.after_sending(&draft);
                    remaining.save(&key);
                    self.draft.try_set(remaining);
                    self.replaced.try_set(None);
                }
                Outcome::EarlierVersionSent => self.update(|draft| draft.key = new_idempotency_key()),
                Outcome::NotSent => {}
            }
            match response {
                Ok(response) => sent(response),
                Err(error) if self.form.is_disposed() => self.notices.error(&error),
                Err(error) => return refused(error).map_err(explain),
            }
            Ok(())
        });
    }
}

fn explain(error: RequestError) -> RequestError {
    match error.code() {
        Some(ErrorCode::IdempotencyKeyReused) => RequestError::in_field("body", EARLIER_VERSION_SENT),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use shared::Problem;

    use super::{super::text::Text, *};

    fn refused(code: ErrorCode) -> Result<(), RequestError> {
        Err(RequestError::Refused { problem: Box::new(Problem::new(code, "")), retry_after: None })
    }

    #[test]
    fn the_key_changes_only_when_this_message_or_an_earlier_version_was_sent() {
        assert_eq!(outcome(&Ok(())), Outcome::Sent);
        for code in ErrorCode::ALL {
            let expected = match code {
                ErrorCode::IdempotencyKeyReused => Outcome::EarlierVersionSent,
                _ => Outcome::NotSent,
            };
            assert_eq!(outcome(&refused(*code)), expected, "{code:?}");
        }
        for error in [RequestError::Unreachable, RequestError::SignedOut, RequestError::Unreadable] {
            assert_eq!(outcome(&Err::<(), _>(error)), Outcome::NotSent);
        }
    }

    #[test]
    fn a_text_with_a_broken_or_unfilled_placeholder_is_not_sent() {
        for text in ["Hi {{name}", "Hi {{name", "Hi {{}}", "Hi {name}}"] {
            let broken = broken_placeholder(text).map(|broken| broken.to_string());
            assert!(broken.is_some() && text_error(text) == broken, "{text}");
        }
        let missing = text_error("Hi {{name}}, by {{Due date}}");
        assert_eq!(missing.as_deref(), Some("Not sent. Fill in first: {{name}}, {{Due date}}"));
        for text in ["Hi Maria", "{name} 100 % {", ":-}"] {
            assert_eq!(text_error(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_with_a_brace_is_not_sent() {
        let mut text = Text::new("Hi {{name}}".to_owned());
        text.set_value("name", "{{Maria".to_owned());
        assert!(text_error(&text.shown()).is_some_and(|error| error.contains("“{{Maria”")));
    }
}
