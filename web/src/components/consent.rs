//! Describes where a consent entry comes from.

use std::borrow::Cow;

use leptos::prelude::*;
use shared::consent::{Consent, ConsentSource, ConsentState};

use super::{person::isolated, timestamp::date_and_time};
use crate::{
    language::{t, with_views},
    time_zone::Zone,
};

/// Returns the source within a sentence: "by texting STOP or a similar word".
pub(crate) fn source_phrase(consent: &Consent) -> String {
    let word = match consent.state {
        ConsentState::OptedIn => "START",
        ConsentState::OptedOut => "STOP",
    };
    match consent.source {
        ConsentSource::Keyword => t!("by texting {word} or a similar word", word),
        ConsentSource::Gateway => t!("reported by the gateway").to_owned(),
        ConsentSource::Manual => t!("recorded by {name}", name = recorder(consent)),
    }
}

/// Returns the source as a label: "Recorded by Ann".
pub(crate) fn source_label(consent: &Consent) -> String {
    match consent.source {
        ConsentSource::Keyword => t!("Texted by the customer").to_owned(),
        ConsentSource::Gateway => t!("Reported by the gateway").to_owned(),
        ConsentSource::Manual => t!("Recorded by {name}", name = recorder(consent)),
    }
}

fn recorder(consent: &Consent) -> Cow<'_, str> {
    let name = consent.by.name.as_deref().filter(|name| !name.is_empty());
    name.map_or(Cow::Borrowed(t!("a colleague")), isolated)
}

/// "opted out of messages from +44 7700 900001 on 22 Nov 09:14, by texting STOP or a similar word"
pub(crate) fn opted_out(consent: &Consent, zone: &Zone) -> AnyView {
    // The caller adds the full stop.
    let note = consent.note.as_ref().map(|note| {
        let note = isolated(note.trim_end_matches('.')).into_owned();
        view! { ": " {t!("“{note}”", note)} }
    });
    let number = view! { <span class="whitespace-nowrap">{consent.team_number.display()}</span> }.into_any();
    let views = [
        ("number", number),
        ("date", date_and_time(consent.created_at, zone)),
        ("source", source_phrase(consent).into_any()),
    ];
    let sentence = with_views(t!("opted out of messages from {number} on {date}, {source}"), views);
    view! {
        {sentence}
        {note}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent(state: &str, source: &str, by: Option<&str>) -> Consent {
        serde_json::from_value(serde_json::json!({
            "id": 1, "team_number": "+447700900001", "number": "+447700900123", "state": state,
            "source": source, "by": {"kind": "account", "id": 1, "name": by}, "message_id": null,
            "note": null, "created_at": "2026-11-22T09:14:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn the_source_of_a_consent_entry_is_described() {
        assert_eq!(
            source_phrase(&consent("opted_out", "keyword", None)),
            "by texting STOP or a similar word"
        );
        assert_eq!(
            source_phrase(&consent("opted_in", "keyword", None)),
            "by texting START or a similar word"
        );
        assert_eq!(source_phrase(&consent("opted_out", "gateway", None)), "reported by the gateway");
        assert_eq!(source_phrase(&consent("opted_out", "manual", Some("Ann"))), "recorded by Ann");
        assert_eq!(source_phrase(&consent("opted_out", "manual", None)), "recorded by a colleague");
        assert_eq!(source_label(&consent("opted_in", "manual", Some("Ann"))), "Recorded by Ann");
        assert_eq!(source_label(&consent("opted_in", "keyword", None)), "Texted by the customer");
    }
}
