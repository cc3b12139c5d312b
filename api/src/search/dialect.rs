//! The statements of a search. Both databases use the same, except for their text index and a few words of SQL, which
//! are in [`super::sqlite`] and [`super::postgres`].

use super::{postgres, rare::RareParts, request::SearchRequest, sqlite, statement::Statement, term::Term};
use crate::auth::TeamScope;

/// Maximum number of conversations of each beginning of a number.
const LONGEST_RANGE: i64 = 200;
/// Maximum number of matches among the conversations with the highest ids.
const LONGEST_WALK: i64 = 500;

/// The database whose SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// Limits of the parts of a search. PostgreSQL takes several times as long for each conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Maximum number of conversations scanned, the newest first.
    pub(super) scan: i64,
    /// Range of the highest ids that are searched.
    pub(super) walk: i64,
}

impl Dialect {
    pub(super) fn limits(self) -> Limits {
        match self {
            Self::Sqlite => Limits { scan: 2_000, walk: 100_000 },
            Self::Postgres => Limits { scan: 1_000, walk: 20_000 },
        }
    }

    /// Whether the text index can look a trigram up. PostgreSQL's has no trigrams across words, and would look up all words
    /// with the same first letter instead.
    pub(super) fn indexes(self, trigram: &str) -> bool {
        self == Self::Sqlite || trigram.chars().all(char::is_alphanumeric)
    }

    /// Selects the ids of conversations that contain these parts, up to a limit.
    pub(super) fn some_matches(self, parts: &RareParts, limit: i64) -> Statement {
        self.matches(parts, " LIMIT ", limit)
    }

    /// Selects the highest ids of conversations that contain these parts, up to a limit.
    pub(super) fn highest_matches(self, parts: &RareParts, limit: i64) -> Statement {
        self.matches(parts, " ORDER BY id DESC LIMIT ", limit)
    }

    fn matches(self, parts: &RareParts, order: &str, limit: i64) -> Statement {
        match self {
            // The text index returns its rows in the order of the ids, one by one.
            Self::Sqlite => sqlite::indexed(Statement::default(), parts),
            // Without the first part, the planner can prefer to read the table up to the limit.
            Self::Postgres => {
                let found = Statement::default().sql("WITH found AS MATERIALIZED (");
                postgres::indexed(found, parts).sql(") SELECT id FROM found")
            }
        }
        .sql(order)
        .number(limit)
    }

    /// Selects the newest of the conversations with these ids, if they contain the term. `None`, if they are known to.
    pub(super) fn among(self, request: &SearchRequest<'_>, ids: &[i64], term: Option<&Term>) -> Statement {
        let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let matching = Statement::default().sql("WITH matching AS MATERIALIZED (SELECT ");
        let matching = match self {
            Self::Sqlite => matching.sql("value AS id FROM json_each(").text(&format!("[{ids}]")).sql("))"),
            Self::Postgres => matching.sql("unnest(").text(&format!("{{{ids}}}")).sql("::bigint[]) AS id)"),
        };
        self.newest(matching, request, term)
    }

    /// Looks up the conversations with this reference.
    pub(super) fn with_reference(self, request: &SearchRequest<'_>, reference: &str) -> Statement {
        let column = match self {
            Self::Sqlite => sqlite::REFERENCE,
            Self::Postgres => postgres::REFERENCE,
        };
        let matching = Statement::default()
            .sql("WITH matching AS MATERIALIZED (SELECT conversation_id AS id FROM ")
            .sql(&format!("conversation_texts WHERE {column} = "))
            .text(reference)
            .sql(")");
        self.newest(matching, request, None)
    }

    /// Looks for the term in the conversations after `id`, and in those whose numbers have one of these beginnings.
    pub(super) fn walked(self, request: &SearchRequest<'_>, id: i64, beginnings: &[String]) -> Statement {
        let mut matching = Statement::default().sql("WITH matching AS MATERIALIZED (SELECT id FROM (");
        matching = match self {
            Self::Sqlite => sqlite::walked(matching, request.term, id),
            Self::Postgres => postgres::walked(matching, request.term, id),
        };
        matching = matching.sql(" ORDER BY id DESC LIMIT ").number(LONGEST_WALK).sql(") AS walked");
        for beginning in beginnings {
            matching = matching.sql(" UNION SELECT id FROM (");
            // PostgreSQL's index compares bytes, like SQLite's.
            let (from, before, order) = match self {
                Self::Sqlite => (">=", "<", ""),
                Self::Postgres => ("~>=~", "~<~", " USING ~<~"),
            };
            matching = matching
                .sql(&format!("SELECT id FROM conversations WHERE number {from} "))
                .text(beginning)
                .sql(&format!(" AND number {before} "))
                // The character after 9.
                .text(&format!("{beginning}:"))
                .sql(&format!(" ORDER BY number{order} LIMIT "))
                .number(LONGEST_RANGE)
                .sql(") AS in_range");
        }
        // SQLite looks in its text index, which cannot check short words.
        let is_unchecked = self == Self::Sqlite && request.term.has_short_word();
        self.newest(matching.sql(")"), request, is_unchecked.then_some(request.term))
    }

    /// Scans the newest conversations, up to a limit, until enough of them match. On SQLite, for a few teams, merges each team's own
    /// range of the index, so that the scan for a small team does not read the conversations of all others.
    pub(super) fn scan(self, request: &SearchRequest<'_>) -> Statement {
        const OF: &str = "SELECT id, active_at FROM conversations WHERE ";
        let mut newest = Statement::default().sql("SELECT id, active_at FROM (");
        newest = match request.scope {
            TeamScope::Only(teams) if teams.len() <= self.merged_teams() => {
                for (place, team) in teams.iter().enumerate() {
                    newest = newest.sql(if place == 0 { "" } else { " UNION ALL " }).sql(OF);
                    newest = newest.filtered(request).sql(&format!(" AND team_id = {team}"));
                }
                newest
            }
            _ => newest.sql(OF).filtered(request).of_teams(request),
        };
        newest = newest
            .sql(" ORDER BY active_at DESC, id DESC LIMIT ")
            .number(self.limits().scan)
            .sql(") AS newest");
        newest = match self {
            // A join takes three quarters of the time of a subquery for each row. SQLite returns the rows in the order of
            // the scan; sorting them would read all of them.
            Self::Sqlite => {
                newest = newest.sql(" CROSS JOIN conversation_texts WHERE conversation_id = newest.id AND ");
                self.of_text(newest, request.term, "text")
            }
            // The planner could choose to join with the whole table.
            Self::Postgres => self
                .of_term(newest.sql(" WHERE "), request.term, "newest")
                .sql(" ORDER BY active_at DESC, id DESC"),
        };
        newest.sql(" LIMIT ").number(request.limit)
    }

    /// Maximum number of teams whose conversations are merged. Each team adds a step for every conversation.
    /// PostgreSQL would sort all conversations of all teams instead.
    fn merged_teams(self) -> usize {
        match self {
            Self::Sqlite => 8,
            Self::Postgres => 1,
        }
    }

    /// Selects the newest of the conversations in `matching`, which are looked up one by one.
    fn newest(self, matching: Statement, request: &SearchRequest<'_>, term: Option<&Term>) -> Statement {
        let (start, end) = match self {
            Self::Sqlite => (" CROSS JOIN conversations WHERE conversations.id = matching.id AND ", ""),
            Self::Postgres => (
                " CROSS JOIN LATERAL (SELECT active_at FROM conversations WHERE conversations.id = matching.id AND ",
                " OFFSET 0) AS conversations",
            ),
        };
        let mut found = matching.sql(" SELECT matching.id AS id, active_at FROM matching").sql(start);
        found = found.filtered(request).of_teams(request);
        if let Some(term) = term {
            found = self.of_term(found.sql(" AND "), term, "matching");
        }
        found.sql(end).sql(" ORDER BY active_at DESC, matching.id DESC LIMIT ").number(request.limit)
    }

    /// Adds the condition that the search text of a conversation contains every word of one alternative.
    fn of_term(self, statement: Statement, term: &Term, of: &str) -> Statement {
        let text = format!("(SELECT text FROM conversation_texts WHERE conversation_id = {of}.id)");
        self.of_text(statement, term, &text)
    }

    /// Adds the condition that `text` contains every word of one alternative.
    fn of_text(self, statement: Statement, term: &Term, text: &str) -> Statement {
        statement.of_alternatives(&term.alternatives, |statement, word| match self {
            Self::Sqlite => sqlite::contains(statement, text, word),
            Self::Postgres => postgres::contains(statement, text, word),
        })
    }
}

/// Number of steps in which [`sample`] goes through all texts.
const STEPS: i64 = 64;
/// Ids per step, below which there are too few texts for a lookup to take long.
const SMALL_STEP: i64 = 300;

/// Selects texts spread evenly over all conversations, at varying distances, because consecutive numbers repeat
/// themselves. None, if there are few conversations.
pub(super) fn sample() -> Statement {
    let first = "(SELECT min(conversation_id) FROM conversation_texts)";
    Statement::default().sql(&format!(
        "WITH RECURSIVE step(size) AS
             (SELECT ((SELECT max(conversation_id) FROM conversation_texts) - {first}) / {STEPS}),
         sampled(id) AS (
             SELECT {first} FROM step WHERE size > {SMALL_STEP}
             UNION ALL
             SELECT (SELECT min(conversation_id) FROM conversation_texts
                     WHERE conversation_id > sampled.id + sampled.id * 7919 % (2 * size))
             FROM sampled CROSS JOIN step WHERE sampled.id IS NOT NULL)
         SELECT text FROM sampled CROSS JOIN conversation_texts WHERE conversation_id = sampled.id LIMIT {}",
        2 * STEPS
    ))
}
