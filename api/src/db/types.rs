//! How values are kept: times as TIMESTAMPTZ on PostgreSQL and as microseconds on SQLite, enums and JSON as text.

use std::io::Write;

use chrono::{DateTime, Utc};
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::Pg,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{self, BigInt, SqlType, Timestamptz},
    sqlite::Sqlite,
};

/// The SQL type of a moment.
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct UtcTimestamp;

impl sql_types::SqlOrd for UtcTimestamp {}

/// A moment, as queries read and write it; above them it is a `DateTime<Utc>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTimestamp)]
pub struct Moment(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Moment {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time)
    }
}

impl From<Moment> for DateTime<Utc> {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

impl ToSql<UtcTimestamp, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <DateTime<Utc> as ToSql<Timestamptz, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<UtcTimestamp, Pg> for Moment {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<UtcTimestamp, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<UtcTimestamp, Sqlite> for Moment {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros).map(Self).ok_or_else(|| "a time out of range".into())
    }
}

/// A value kept as text: an enum's word, a number, a list as JSON. Unknown text is an error, never a default.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Text)]
pub struct Words<T>(pub T);

impl<T: std::fmt::Debug + serde::Serialize> ToSql<sql_types::Text, Pg> for Words<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(written(&self.0)?.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T: std::fmt::Debug + serde::Serialize> ToSql<sql_types::Text, Sqlite> for Words<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(written(&self.0)?);
        Ok(IsNull::No)
    }
}

impl<T, DB> FromSql<sql_types::Text, DB> for Words<T>
where
    DB: Backend,
    T: serde::de::DeserializeOwned,
    String: FromSql<sql_types::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        read(String::from_sql(value)?).map(Self)
    }
}

/// A string stands as it is, anything else as JSON.
fn written<T: serde::Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(match serde_json::to_value(value)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

fn read<T: serde::de::DeserializeOwned>(text: String) -> deserialize::Result<T> {
    if text.starts_with(['[', '{']) {
        return Ok(serde_json::from_str(&text)?);
    }
    Ok(serde_json::from_value(serde_json::Value::String(text))?)
}

/// Predicates whose values stand as literals: a cached PostgreSQL plan cannot use a partial index when its column is
/// a bind.
macro_rules! literal {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, diesel::query_builder::QueryId)]
        pub struct $name;

        impl diesel::expression::Expression for $name {
            type SqlType = sql_types::Bool;
        }
        impl<Source> diesel::AppearsOnTable<Source> for $name {}
        impl<Source> diesel::SelectableExpression<Source> for $name {}
        impl diesel::expression::ValidGrouping<()> for $name {
            type IsAggregate = diesel::expression::is_aggregate::Never;
        }
        impl<DB: Backend> diesel::query_builder::QueryFragment<DB> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, DB>,
            ) -> diesel::QueryResult<()> {
                out.push_sql($sql);
                Ok(())
            }
        }
    )*};
}

literal! {
    /// The conversation is in progress.
    IsOpen = "conversations.status = 'open'";
    /// The conversation waits for the first reply.
    IsPending = "conversations.status = 'pending'";
    /// The conversation is over.
    IsClosed = "conversations.status = 'closed'";
    /// The conversation is not over.
    IsLive = "conversations.status <> 'closed'";
    /// The gateway has the message, and nothing more is known of it.
    IsSent = "messages.status = 'sent'";
}
