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
    draft::{Details, Draft, Outcome, StorageKey},
    text::{braced, broken_text, fault_text},
};
use crate::{
    api::{RequestError, new_idempotency_key},
    clock::now_micros,
    language::{marked, t, text},
};

const EARLIER_VERSION_SENT: &str = marked!(
    "An earlier version of this message was sent already. Read the conversation with this number before you send again."
);

/// Returns what a response means for the draft.
fn outcome<T>(response: &Result<T, RequestError>) -> Outcome {
    match response {
        Ok(_) => Outcome::Sent,
        Err(error) if error.code() == Some(ErrorCode::IdempotencyKeyReused) => Outcome::EarlierVersionSent,
        Err(error) if error.problem().is_some() => Outcome::Refused,
        Err(_) => Outcome::Lost,
    }
}

/// Returns why a text cannot be sent, or `None` if it can.
fn text_error(text: &str) -> Option<String> {
    if let Err(error) = MessageBody::parse(text.to_owned()) {
        return Some(fault_text(error));
    }
    if let Some(broken) = broken_placeholder(text) {
        return Some(broken_text(&broken));
    }
    let missing = placeholders(text);
    (!missing.is_empty())
        .then(|| t!("Not sent. Fill in first: {placeholders}", placeholders = braced(&missing)))
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
        let storage_key = self.storage_key.get_value();
        self.form.send_detached(request, move |response| {
            self.settle(&storage_key, outcome(&response), &draft);
            match response {
                Ok(response) => sent(response),
                Err(error) if self.form.is_disposed() => self.notices.error(&error),
                Err(error) => return refused(error).map_err(explain),
            }
            Ok(())
        });
    }

    /// Updates the draft, and the stored one, after the response to `sent`. The composer may be closed meanwhile.
    fn settle(self, storage_key: &StorageKey, outcome: Outcome, sent: &Draft<D>) {
        let stored = Draft::load(storage_key);
        let now = self.draft.try_get_untracked().unwrap_or_else(|| stored.clone());
        let mut remaining = now.clone().after_response(outcome, sent, new_idempotency_key());
        if remaining == now {
            return;
        }
        if remaining.key != now.key && !remaining.text.is_empty() {
            // The server does not have the text under its new key.
            remaining.edited_at = Some(now_micros());
        }
        // Another tab may have stored a draft of its own.
        if stored.key == sent.key {
            remaining.save(storage_key);
        }
        self.draft.try_set(remaining);
        if outcome == Outcome::Sent {
            self.replaced.try_set(None);
        }
    }
}

fn explain(error: RequestError) -> RequestError {
    match error.code() {
        Some(ErrorCode::IdempotencyKeyReused) => RequestError::in_field("body", text(EARLIER_VERSION_SENT)),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::text::Text, *};
    use crate::api::Problem;

    fn refused(code: ErrorCode) -> Result<(), RequestError> {
        Err(RequestError::Refused { problem: Box::new(Problem::new(code, "")), retry_after: None })
    }

    #[test]
    fn only_one_refusal_means_that_an_earlier_version_was_sent() {
        assert_eq!(outcome(&Ok(())), Outcome::Sent);
        for code in ErrorCode::ALL {
            let expected = match code {
                ErrorCode::IdempotencyKeyReused => Outcome::EarlierVersionSent,
                _ => Outcome::Refused,
            };
            assert_eq!(outcome(&refused(*code)), expected, "{code:?}");
        }
        for error in [RequestError::Unreachable, RequestError::SignedOut, RequestError::Unreadable] {
            assert_eq!(outcome(&Err::<(), _>(error)), Outcome::Lost);
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
