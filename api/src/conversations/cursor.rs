//! Where a page of conversations ended.

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use shared::{
    conversation::{Conversation, NextAction},
    ids::ConversationId,
};

/// Where a page of the queue ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QueueCursor {
    /// Who was to act.
    pub(super) next_action: NextAction,
    /// Since when.
    #[serde(deserialize_with = "kept_time")]
    pub(super) waiting_since: DateTime<Utc>,
    /// Which conversation.
    pub(super) id: ConversationId,
}

/// Where a page ended that is ordered by a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeCursor {
    /// The time of the last item.
    #[serde(deserialize_with = "kept_time")]
    pub at: DateTime<Utc>,
    /// Which conversation.
    pub id: ConversationId,
}

/// A time that a row can have: not every time that can be written down is one that PostgreSQL knows.
fn kept_time<'de, D: Deserializer<'de>>(given: D) -> Result<DateTime<Utc>, D::Error> {
    let time = DateTime::<Utc>::deserialize(given)?;
    if (0..=9999).contains(&time.year()) { Ok(time) } else { Err(D::Error::custom("a time of no row")) }
}

impl QueueCursor {
    /// The cursor that continues after this conversation; `None` when it is closed and so in no queue.
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
    use shared::ErrorCode;

    use super::*;
    use crate::{
        error::ApiError,
        paging::{decode, encode},
    };

    fn queue_cursor(micros: i64, id: i64, agent: bool) -> QueueCursor {
        QueueCursor {
            next_action: if agent { NextAction::Agent } else { NextAction::Customer },
            waiting_since: DateTime::from_timestamp_micros(micros).unwrap(),
            id: ConversationId(id),
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_to_the_microsecond(
            micros in 0..253_402_300_799_000_000_i64, id: i64, agent: bool
        ) {
            let cursor = queue_cursor(micros, id, agent);
            let text = encode(&cursor).unwrap();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(decode(Some(&text)).unwrap(), Some(cursor));
        }

        #[test]
        fn whatever_a_client_passes_is_read_or_refused(text: String) {
            let read: Result<Option<TimeCursor>, ApiError> = decode(Some(&text));
            prop_assert!(read.is_err_and(|error| error.code() == ErrorCode::InvalidCursor));
        }
    }

    #[test]
    fn a_time_that_no_row_has_is_refused_and_so_is_the_cursor_of_another_list() {
        let read = |cursor: &TimeCursor| decode::<TimeCursor>(encode(cursor).as_deref());
        let at = |at| TimeCursor { at, id: ConversationId(1) };
        assert!(read(&at(DateTime::<Utc>::MIN_UTC)).is_err());
        assert!(read(&at(DateTime::<Utc>::MAX_UTC)).is_err());
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap().trunc_subsecs(6);
        assert_eq!(read(&at(now)).unwrap(), Some(at(now)));
        let of_the_queue = encode(&queue_cursor(1, 1, true));
        assert!(decode::<TimeCursor>(of_the_queue.as_deref()).is_err());
        assert_eq!(decode::<TimeCursor>(None).unwrap(), None);
    }
}
