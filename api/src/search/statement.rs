//! A statement for either database, with numbered binds. SQLite accepts PostgreSQL's `$1`.

use chrono::{DateTime, Utc};
use shared::conversation::ConversationStatus;

use super::request::SearchRequest;
use crate::auth::TeamScope;

/// The value of a bind.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Time(DateTime<Utc>),
    Status(ConversationStatus),
}

/// The text of a statement and the values of its binds.
#[derive(Clone, Debug, Default)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Statement {
    pub(super) fn sql(mut self, text: &str) -> Self {
        self.sql.push_str(text);
        self
    }

    fn bind(mut self, value: Value) -> Self {
        self.values.push(value);
        let place = self.values.len();
        self.sql(&format!("${place}"))
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.bind(Value::Text(text.to_owned()))
    }

    pub(super) fn number(self, number: i64) -> Self {
        self.bind(Value::Number(number))
    }

    fn time(self, time: DateTime<Utc>) -> Self {
        self.bind(Value::Time(time))
    }

    /// Adds one condition per alternative, joined by OR, each of which is its words joined by AND. `word` adds the
    /// condition of a word.
    pub(super) fn of_alternatives(
        mut self,
        alternatives: &[Vec<String>],
        word: impl Fn(Self, &str) -> Self,
    ) -> Self {
        for (place, words) in alternatives.iter().enumerate() {
            self = self.sql(if place == 0 { "((" } else { " OR (" });
            for (place, part) in words.iter().enumerate() {
                self = word(if place == 0 { self } else { self.sql(" AND ") }, part);
            }
            self = self.sql(")");
        }
        self.sql(")")
    }

    /// Adds the conditions for status, tag, time and cursor.
    pub(super) fn filtered(mut self, request: &SearchRequest<'_>) -> Self {
        self = self.sql("active_at >= ").time(request.since);
        if let Some(cursor) = request.after {
            self = self.sql(" AND (active_at, conversations.id) < (").time(cursor.at);
            self = self.sql(", ").number(cursor.id.0).sql(")");
        }
        if let Some(status) = request.status {
            self = self.sql(" AND status = ").bind(Value::Status(status));
        }
        match request.tag {
            Some(tag) => self
                .sql(" AND EXISTS (SELECT 1 FROM conversation_tags WHERE conversation_id = conversations.id AND tag_id = ")
                .number(tag.0)
                .sql(")"),
            None => self,
        }
    }

    /// Adds the condition for teams. Ids are integers, so they need no bind.
    pub(super) fn of_teams(self, request: &SearchRequest<'_>) -> Self {
        match request.scope {
            TeamScope::Every => self,
            TeamScope::Only(teams) => {
                let ids: Vec<String> = teams.iter().map(ToString::to_string).collect();
                self.sql(&format!(" AND team_id IN ({})", ids.join(", ")))
            }
        }
    }
}
