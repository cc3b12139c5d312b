//! Cursors of pages of conversations.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use shared::{
    conversation::{Conversation, NextAction},
    ids::ConversationId,
};

/// The last conversation of a page of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QueueCursor {
    /// Its next action.
    pub(super) next_action: NextAction,
    /// Start of its waiting time.
    #[serde(deserialize_with = "storable_time")]
    pub(super) waiting_since: DateTime<Utc>,
    /// Its id.
    pub(super) id: ConversationId,
}

/// The last conversation of a page in order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeCursor {
    /// The time by which the page is ordered.
    #[serde(deserialize_with = "storable_time")]
    pub at: DateTime<Utc>,
    /// Its id.
    pub id: ConversationId,
}

/// Deserializes a time that the database can store. PostgreSQL cannot store all times that chrono can parse.
pub(crate) fn storable_time<'de, D: Deserializer<'de>>(given: D) -> Result<DateTime<Utc>, D::Error> {
    let time = DateTime::<Utc>::deserialize(given)?;
    if is_storable(time) { Ok(time) } else { Err(D::Error::custom("a time outside the years 0 to 9999")) }
}

/// Whether the database can store a time.
pub(crate) fn is_storable(time: DateTime<Utc>) -> bool {
    (0..=9999).contains(&time.year())
}

impl QueueCursor {
    /// Returns the cursor of a page that ends with this conversation; `None` for a closed one, which is in no queue.
    #[must_use]
    pub(super) fn after(conversation: &Conversation) -> Option<Self> {
        let next_action = conversation.next_action?;
        Some(Self { next_action, waiting_since: conversation.waiting_since, id: conversation.id })
    }
}

#[cfg(test)]
mod tests {
    use chrono::SubsecRound;
    use proptest::prelude::*;

    use super::*;
    use crate::paging::{InvalidCursor, decode_cursor, encode_cursor};

    fn queue_cursor(micros: i64, id: i64, agent: bool) -> QueueCursor {
        QueueCursor {
            next_action: if agent { NextAction::Agent } else { NextAction::Customer },
            waiting_since: DateTime::from_timestamp_micros(micros).unwrap(),
            id: ConversationId(id),
        }
    }

    proptest! {
        #[test]
        fn an_encoded_cursor_decodes_to_the_microsecond(
            micros in 0..253_402_300_799_000_000_i64, id: i64, agent: bool
        ) {
            let cursor = queue_cursor(micros, id, agent);
            let text = encode_cursor(&cursor).unwrap();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(decode_cursor(Some(&text)).unwrap(), Some(cursor));
        }

        #[test]
        fn any_other_text_is_an_invalid_cursor(text: String) {
            let read: Result<Option<TimeCursor>, InvalidCursor> = decode_cursor(Some(&text));
            prop_assert_eq!(read, Err(InvalidCursor));
        }
    }

    #[test]
    fn a_time_outside_the_range_and_the_cursor_of_another_list_are_invalid() {
        let read = |cursor: &TimeCursor| decode_cursor::<TimeCursor>(encode_cursor(cursor).as_deref());
        let at = |at| TimeCursor { at, id: ConversationId(1) };
        assert!(read(&at(DateTime::<Utc>::MIN_UTC)).is_err());
        assert!(read(&at(DateTime::<Utc>::MAX_UTC)).is_err());
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap().trunc_subsecs(6);
        assert_eq!(read(&at(now)).unwrap(), Some(at(now)));
        let queue_cursor_text = encode_cursor(&queue_cursor(1, 1, true));
        assert!(decode_cursor::<TimeCursor>(queue_cursor_text.as_deref()).is_err());
        assert_eq!(decode_cursor::<TimeCursor>(None).unwrap(), None);
    }
}
