//! Column types: times are TIMESTAMPTZ on PostgreSQL and microseconds on SQLite; enums and JSON are text.

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

/// The SQL type of a UTC time.
#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct UtcTimestamp;

impl sql_types::SqlOrd for UtcTimestamp {}

/// A UTC time in queries. Code outside `queries.rs` uses `DateTime<Utc>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTimestamp)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time)
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(moment: Timestamp) -> Self {
        moment.0
    }
}

impl ToSql<UtcTimestamp, Pg> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <DateTime<Utc> as ToSql<Timestamptz, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<UtcTimestamp, Pg> for Timestamp {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<UtcTimestamp, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<UtcTimestamp, Sqlite> for Timestamp {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros).map(Self).ok_or_else(|| "a time out of range".into())
    }
}

/// A value stored as text: an enum as its serialised name, a list as JSON. Unknown text is an error.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Text)]
pub struct AsText<T>(pub T);

impl<T: std::fmt::Debug + serde::Serialize> ToSql<sql_types::Text, Pg> for AsText<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(to_text(&self.0)?.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T: std::fmt::Debug + serde::Serialize> ToSql<sql_types::Text, Sqlite> for AsText<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(to_text(&self.0)?);
        Ok(IsNull::No)
    }
}

impl<T, DB> FromSql<sql_types::Text, DB> for AsText<T>
where
    DB: Backend,
    T: serde::de::DeserializeOwned,
    String: FromSql<sql_types::Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        from_text(String::from_sql(value)?).map(Self)
    }
}

/// Serialises a string as it is, and any other value as JSON.
fn to_text<T: serde::Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(match serde_json::to_value(value)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

fn from_text<T: serde::de::DeserializeOwned>(text: String) -> deserialize::Result<T> {
    if text.starts_with(['[', '{']) {
        return Ok(serde_json::from_str(&text)?);
    }
    Ok(serde_json::from_value(serde_json::Value::String(text))?)
}

/// Defines predicates with literal values. With a bind parameter, PostgreSQL's cached plan cannot use a partial index.
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
    /// The conversation is open.
    IsOpen = "conversations.status = 'open'";
    /// The conversation is not snoozed.
    IsAwake = "conversations.snoozed_until IS NULL";
    /// The conversation is snoozed.
    IsSnoozed = "conversations.snoozed_until IS NOT NULL";
    /// The conversation waits for the customer's first reply.
    IsPending = "conversations.status = 'pending'";
    /// The conversation is closed.
    IsClosed = "conversations.status = 'closed'";
    /// The conversation is pending or open.
    IsLive = "conversations.status <> 'closed'";
    /// The conversation is assigned to no account.
    IsUnassigned = "conversations.assigned_to IS NULL";
    /// The gateway has accepted the message, and no final status is known.
    IsSent = "messages.status = 'sent'";
    /// The row `earlier` of the outbox comes before the other one.
    IsEarlier = "coalesce(earlier.position, 1000000 * earlier.message_id) \
        < coalesce(outbox.position, 1000000 * outbox.message_id)";
    /// The campaign runs.
    IsRunning = "campaigns.state = 'running'";
    /// The message is scheduled or held, so it has not been sent.
    IsScheduled = "messages.status IN ('scheduled', 'held')";
    /// The row of a campaign was not erased.
    HasCampaignRowData = "campaign_rows.number <> '[erased]'";
    /// The delivery waits for an attempt.
    IsDeliveryPending = "webhook_deliveries.status = 'pending'";
    /// The row `before` of the deliveries waits for an attempt, and comes before the other one.
    IsPendingBefore = "before.status = 'pending' AND before.id < webhook_deliveries.id";
}

/// Later than all stored times.
pub const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};
