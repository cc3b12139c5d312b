//! The columns of the tables, taken from Diesel's schema, and how a value is written as a text that is the same on both
//! databases: numbers in decimal, times as microseconds since 1970, booleans as 0 and 1, bytes in hexadecimal.

use diesel::{
    expression::Expression,
    sql_types::{BigInt, Binary, Bool, Date, Integer, Nullable, SqlType, Text},
};

use crate::db::{DbConnection, UtcTimestamp};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name in the database.
    pub name: &'static str,
    pub(super) kind: ColumnKind,
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    BigInt,
    Integer,
    Text,
    Boolean,
    Date,
    Timestamp,
    Bytes,
}

impl Column {
    /// Returns the SQL that reads the column as a text.
    pub(super) fn read(&self, conn: &DbConnection) -> String {
        let name = self.name;
        match (conn, self.kind) {
            (_, ColumnKind::Text) | (DbConnection::Sqlite(_), ColumnKind::Date) => format!("\"{name}\""),
            (DbConnection::Sqlite(_), ColumnKind::Bytes) => {
                format!("CASE WHEN \"{name}\" IS NOT NULL THEN hex(\"{name}\") END")
            }
            (DbConnection::Sqlite(_), _) | (_, ColumnKind::BigInt | ColumnKind::Integer) => {
                format!("CAST(\"{name}\" AS TEXT)")
            }
            (DbConnection::Postgres(_), ColumnKind::Boolean) => format!("\"{name}\"::integer::text"),
            (DbConnection::Postgres(_), ColumnKind::Date) => format!("to_char(\"{name}\", 'YYYY-MM-DD')"),
            (DbConnection::Postgres(_), ColumnKind::Timestamp) => {
                format!("CAST(extract(epoch FROM \"{name}\") * 1000000 AS BIGINT)::text")
            }
            (DbConnection::Postgres(_), ColumnKind::Bytes) => format!("upper(encode(\"{name}\", 'hex'))"),
        }
    }

    /// Returns the SQL that turns a text into a value of the column.
    pub(super) fn write(&self, conn: &DbConnection, text: &str) -> String {
        match (conn, self.kind) {
            (_, ColumnKind::Text) | (DbConnection::Sqlite(_), ColumnKind::Date) => text.to_owned(),
            (DbConnection::Sqlite(_), ColumnKind::Bytes) => format!("unhex({text})"),
            (DbConnection::Sqlite(_), _) => format!("CAST({text} AS INTEGER)"),
            (DbConnection::Postgres(_), ColumnKind::BigInt) => format!("CAST({text} AS BIGINT)"),
            (DbConnection::Postgres(_), ColumnKind::Integer) => format!("CAST({text} AS INTEGER)"),
            (DbConnection::Postgres(_), ColumnKind::Boolean) => {
                format!("CAST(CAST({text} AS INTEGER) AS BOOLEAN)")
            }
            (DbConnection::Postgres(_), ColumnKind::Date) => format!("CAST({text} AS DATE)"),
            (DbConnection::Postgres(_), ColumnKind::Timestamp) => format!("CAST({text} AS TIMESTAMPTZ)"),
            (DbConnection::Postgres(_), ColumnKind::Bytes) => format!("decode({text}, 'hex')"),
        }
    }
}

/// A type of Diesel's schema that can be moved.
trait Portable {
    const KIND: ColumnKind;
}

macro_rules! portable {
    ($($sql_type:ty => $kind:ident;)*) => {$(
        impl Portable for $sql_type {
            const KIND: ColumnKind = ColumnKind::$kind;
        }
    )*};
}

portable! {
    BigInt => BigInt;
    Integer => Integer;
    Text => Text;
    Bool => Boolean;
    Date => Date;
    UtcTimestamp => Timestamp;
    Binary => Bytes;
}

impl<T: Portable + SqlType> Portable for Nullable<T> {
    const KIND: ColumnKind = T::KIND;
}

/// The columns of a table, as Diesel's schema names them in `AllColumns`.
pub(super) trait Columns {
    /// Returns the columns.
    fn list() -> Vec<Column>;
}

/// Implements [`Columns`] for a tuple of columns, and for all shorter ones.
macro_rules! columns_of_tuples {
    () => {};
    ($first:ident $($other:ident)*) => {
        impl<$first, $($other),*> Columns for ($first, $($other,)*)
        where
            $first: diesel::Column,
            <$first as Expression>::SqlType: Portable,
            $($other: diesel::Column, <$other as Expression>::SqlType: Portable,)*
        {
            fn list() -> Vec<Column> {
                vec![
                    Column { name: $first::NAME, kind: <<$first as Expression>::SqlType as Portable>::KIND },
                    $(Column { name: $other::NAME, kind: <<$other as Expression>::SqlType as Portable>::KIND },)*
                ]
            }
        }
        columns_of_tuples!($($other)*);
    };
}

columns_of_tuples!(A B C D E F G H I J K L M N O P Q R S T U V W X Y Z A1 A2 A3 A4 A5 A6);
