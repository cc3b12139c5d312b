//! Compares a draft in the browser with the one on the server, and decides which of them stays.
//!
//! A draft records when the server stored the version that it is based on (`saved_at`), and when the agent last changed
//! it if the server lacks that change (`edited_at`). So of two versions the newer one stays, and a draft that the server
//! no longer has was sent or deleted on another device.

use chrono::{DateTime, Utc};
use shared::draft::{Draft as ServerDraft, NewDraft};

use super::{
    draft::{ChosenTemplate, Details, Draft},
    text::Text,
};

/// The result of comparing the two drafts.
#[derive(Debug, PartialEq)]
pub(super) enum Merged<D: Details> {
    /// The draft in the browser. The text of the other one is offered, if it differs.
    Local { other: Option<Draft<D>> },
    /// The draft of the server, or an empty one. The text of the other one is offered, if it has unsaved changes.
    Server { draft: Draft<D>, other: Option<Draft<D>> },
}

/// Decides between a draft in the browser and the one on the server. While a sent message has no response, its draft
/// stays: sending it again with the same key finds out whether it was sent. `new_key` is the idempotency key of the next
/// message.
pub(super) fn merged<D: Details>(
    local: &Draft<D>,
    server: Option<&ServerDraft>,
    new_key: String,
) -> Merged<D> {
    let has_changes = local.edited_at.is_some();
    let keep = Merged::Local { other: None };
    let Some(server) = server else {
        return match local.saved_at {
            Some(_) if !has_changes && !local.details.is_unanswered() => {
                Merged::Server { draft: Draft::with_key(new_key), other: None }
            }
            _ => keep,
        };
    };
    let theirs = Draft { details: local.details.clone(), ..Draft::from_server(server) };
    if local.details.is_unanswered() {
        return keep;
    }
    if local.key == theirs.key && local.text.shown() == server.body {
        let draft = Draft { saved_at: theirs.saved_at, edited_at: None, ..local.clone() };
        return Merged::Server { draft, other: None };
    }
    match local.edited_at {
        None => Merged::Server { draft: theirs, other: None },
        // Only the agent has changed it since it was saved here.
        Some(_) if local.saved_at == theirs.saved_at => keep,
        Some(edited_at) if Some(edited_at) > theirs.saved_at => Merged::Local { other: Some(theirs) },
        Some(_) => {
            let other = Some(local.clone()).filter(|local| !local.text.is_empty());
            Merged::Server { draft: theirs, other }
        }
    }
}

/// Returns a time in the unit of drafts, microseconds since 1970.
pub(super) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

impl<D: Details> Draft<D> {
    fn from_server(server: &ServerDraft) -> Self {
        Self {
            text: Text::new(server.body.clone()),
            template: server.template_id.map(ChosenTemplate::edited),
            key: server.key.clone(),
            details: D::default(),
            saved_at: Some(micros(server.updated_at)),
            edited_at: None,
        }
    }

    /// Returns what the server stores of the draft; `None` if it is empty.
    pub(super) fn for_server(&self) -> Option<NewDraft> {
        (!self.text.is_empty()).then(|| NewDraft {
            body: self.text.shown(),
            template_id: self.template_id(),
            key: self.key.clone(),
        })
    }

    /// Records that the server has stored a version of this draft, or with `None` that it has none.
    pub(super) fn saved(&mut self, version: &Self, saved_at: Option<i64>) {
        if self.key == version.key {
            self.saved_at = saved_at;
            if self.edited_at == version.edited_at {
                self.edited_at = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// Whether the last attempt has no answer.
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Unanswered(bool);

    impl Details for Unanswered {
        fn is_unanswered(&self) -> bool {
            self.0
        }
    }

    fn local(text: &str, saved_at: Option<i64>, edited_at: Option<i64>) -> Draft<Unanswered> {
        let (text, key) = (Text::new(text.to_owned()), "a key".to_owned());
        Draft { text, template: None, key, details: Unanswered(false), saved_at, edited_at }
    }

    fn server(body: &str, key: &str, at: i64) -> ServerDraft {
        let updated_at = DateTime::from_timestamp_micros(at).unwrap();
        ServerDraft { body: body.to_owned(), template_id: None, key: key.to_owned(), updated_at }
    }

    /// Returns the text that stays, and the one that is offered.
    fn texts(local: &Draft<Unanswered>, server: Option<&ServerDraft>) -> (String, Option<String>) {
        let (stays, other) = match merged(local, server, "new".to_owned()) {
            Merged::Local { other } => (local.clone(), other),
            Merged::Server { draft, other } => (draft, other),
        };
        (stays.text.shown(), other.map(|other| other.text.shown()))
    }

    fn stays(text: &str) -> (String, Option<String>) {
        (text.to_owned(), None)
    }

    #[test]
    fn an_empty_or_unchanged_draft_becomes_that_of_the_server() {
        let newer = server("Friday is fine", "a key", 7);
        assert_eq!(texts(&local("", None, None), Some(&newer)), stays("Friday is fine"));
        assert_eq!(texts(&local("Friday", Some(5), None), Some(&newer)), stays("Friday is fine"));
        let another = server("Until then", "another key", 7);
        assert_eq!(texts(&local("Friday", Some(5), None), Some(&another)), stays("Until then"));
        let Merged::Server { draft, .. } = merged(&local("", None, None), Some(&another), String::new())
        else {
            panic!()
        };
        assert_eq!((draft.key.as_str(), draft.saved_at), ("another key", Some(7)));
    }

    #[test]
    fn a_draft_that_the_server_no_longer_has_was_sent_unless_it_has_changes() {
        assert_eq!(texts(&local("Friday", Some(5), None), None), stays(""));
        assert_eq!(texts(&local("Friday", Some(5), Some(6)), None), stays("Friday"));
        assert_eq!(texts(&local("Friday", None, None), None), stays("Friday"), "it was never saved");
    }

    #[test]
    fn a_draft_whose_sending_has_no_response_stays() {
        let sent = Draft { details: Unanswered(true), ..local("Friday", Some(5), None) };
        assert_eq!(texts(&sent, None), stays("Friday"));
        assert_eq!(texts(&sent, Some(&server("Fri", "a key", 4))), stays("Friday"));
    }

    #[test]
    fn of_two_changed_drafts_the_newer_one_stays_and_the_other_is_offered() {
        let changed = local("Friday", Some(5), Some(8));
        assert_eq!(texts(&changed, Some(&server("Fri", "a key", 5))), stays("Friday"));
        let older = server("Saturday", "a key", 7);
        assert_eq!(texts(&changed, Some(&older)), ("Friday".to_owned(), Some("Saturday".to_owned())));
        let newer = server("Saturday", "a key", 9);
        assert_eq!(texts(&changed, Some(&newer)), ("Saturday".to_owned(), Some("Friday".to_owned())));
        assert_eq!(texts(&local("", Some(5), Some(6)), Some(&newer)), stays("Saturday"));
    }

    #[test]
    fn a_change_that_the_server_has_is_no_longer_unsaved() {
        let flushed = local("Friday", Some(5), Some(6));
        let Merged::Server { draft, other: None } =
            merged(&flushed, Some(&server("Friday", "a key", 7)), String::new())
        else {
            panic!()
        };
        assert_eq!((draft.saved_at, draft.edited_at), (Some(7), None));
        let mut edited = local("Friday is", Some(5), Some(9));
        edited.saved(&flushed, Some(7));
        assert_eq!((edited.saved_at, edited.edited_at), (Some(7), Some(9)), "it was edited meanwhile");
        edited.saved(&edited.clone(), Some(10));
        assert_eq!(edited.edited_at, None);
    }
}
