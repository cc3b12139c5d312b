//! Parses a row into a customer, or rejects it with its first fault and the column.

use shared::{PhoneNumber, daily_file::RejectedRow};

use super::{
    header::Header,
    records::{Malformed, Record},
    value::{self, InvalidValue},
};
use crate::numbers::{parse::NumberFault, region::Region};

/// Maximum length of a rejected value that is shown.
const MAX_SHOWN_CHARS: usize = 200;

/// A customer to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daily_files) struct Row {
    pub(in crate::daily_files) line: i64,
    pub(in crate::daily_files) number: PhoneNumber,
    pub(in crate::daily_files) reference: String,
    pub(in crate::daily_files) name: String,
    /// The key data values as a JSON array.
    pub(in crate::daily_files) key_data: String,
}

/// The result of parsing a row.
#[derive(Debug)]
pub(super) enum Outcome {
    Accepted(Row),
    Rejected(RejectedRow),
    /// Rejected, because a quoted value contains lines that look like rows.
    ContainsRow(RejectedRow),
    /// All values are empty.
    Blank,
}

/// Why a row is rejected.
#[derive(Debug, thiserror::Error)]
enum RowFault {
    /// The row cannot be split into values.
    #[error(transparent)]
    Malformed(Malformed),
    /// A value has no column.
    #[error("This row has a value in column {place}, but the header has only {columns} columns.")]
    ExtraValue {
        /// The value's position, from 1.
        place: usize,
        /// The number of columns in the header.
        columns: usize,
    },
    /// A quoted value contains lines that look like rows.
    #[error("This quoted value contains another row. Close its quote on its first line.")]
    ContainsRow,
    /// The reference, name or number is unusable.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// The number is not a phone number.
    #[error(transparent)]
    Number(#[from] NumberFault),
}

/// A fault, with its column unless it concerns the whole row.
struct Rejection {
    column: Option<usize>,
    fault: RowFault,
}

impl Rejection {
    fn of_column(column: usize, fault: impl Into<RowFault>) -> Self {
        Self { column: Some(column), fault: fault.into() }
    }
}

/// Parses a row.
pub(super) fn read(record: Record<'_>, header: &Header, region: &Region) -> Outcome {
    if record.malformed.is_none() && record.values().all(|value| value.trim().is_empty()) {
        return Outcome::Blank;
    }
    match customer(record, header, region) {
        Ok(row) => Outcome::Accepted(row),
        Err(rejection) => {
            let row = rejected(record, header, &rejection);
            match rejection.fault {
                RowFault::ContainsRow => Outcome::ContainsRow(row),
                RowFault::Malformed(_)
                | RowFault::ExtraValue { .. }
                | RowFault::Value(_)
                | RowFault::Number(_) => Outcome::Rejected(row),
            }
        }
    }
}

fn rejected(record: Record<'_>, header: &Header, Rejection { column, fault }: &Rejection) -> RejectedRow {
    let value = match column {
        Some(column) => record.values().nth(*column).unwrap_or_default().to_owned(),
        None => record.values().collect::<Vec<_>>().join(" "),
    };
    // Only the first line: further lines may be rows of other customers.
    let value = value.split('\n').next().unwrap_or_default();
    RejectedRow {
        line: line(record),
        column: column.and_then(|column| header.names.get(column)).cloned(),
        value: value.chars().filter(|character| *character != '\0').take(MAX_SHOWN_CHARS).collect(),
        reason: fault.to_string(),
    }
}

fn line(record: Record<'_>) -> i64 {
    i64::try_from(record.line).unwrap_or(i64::MAX)
}

fn customer(record: Record<'_>, header: &Header, region: &Region) -> Result<Row, Rejection> {
    if let Some(malformed) = record.malformed {
        return Err(Rejection { column: malformed.column(), fault: RowFault::Malformed(malformed) });
    }
    let columns = header.names.len();
    // A row may have fewer values than columns, or more if they are empty: programs write both.
    if let Some(place) = record.values().skip(columns).position(|value| !value.trim().is_empty()) {
        let fault = RowFault::ExtraValue { place: columns + place + 1, columns };
        return Err(Rejection { column: None, fault });
    }
    let (mut reference, mut name, mut number) = ("", "", "");
    let mut key_data = String::from("[");
    let values = record.values().chain(std::iter::repeat("")).take(columns);
    for (column, value) in values.enumerate() {
        if column == header.reference {
            reference = value;
        } else if column == header.name {
            name = value;
        } else if column == header.number {
            number = value;
        } else if contains_a_row(value, column, header, region) {
            return Err(Rejection::of_column(column, RowFault::ContainsRow));
        } else {
            append(value, &mut key_data);
        }
    }
    key_data.push(']');
    let reference =
        value::reference(reference).map_err(|fault| Rejection::of_column(header.reference, fault))?;
    let name = value::name(name).map_err(|fault| Rejection::of_column(header.name, fault))?;
    let number = phone_number(number, region).map_err(|fault| Rejection::of_column(header.number, fault))?;
    Ok(Row { line: line(record), number, reference, name, key_data })
}

fn phone_number(value: &str, region: &Region) -> Result<PhoneNumber, RowFault> {
    Ok(region.parse(&value::number(value)?)?)
}

/// Whether a quoted value in this column contains a line that looks like a customer's row.
fn contains_a_row(value: &str, column: usize, header: &Header, region: &Region) -> bool {
    if !value.contains('\n') {
        return false;
    }
    let columns = header.names.len();
    // The value's first line continues the row, so `column` values are before it. The other lines begin a row.
    let is_row = |(line, before): (&str, usize)| {
        let values: Vec<&str> = line.split(char::from(header.delimiter)).collect();
        let number = header.number.checked_sub(before).and_then(|place| values.get(place));
        values.len() + before == columns
            && number
                .is_some_and(|number| value::number(number).is_ok_and(|number| region.parse(&number).is_ok()))
    };
    value.split('\n').zip(std::iter::once(column).chain(std::iter::repeat(0))).any(is_row)
}

/// Appends a value to a JSON array.
fn append(value: &str, list: &mut String) {
    if list.len() > 1 {
        list.push(',');
    }
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if value.bytes().all(plain) {
        list.push('"');
        list.push_str(value);
        list.push('"');
    } else {
        list.push_str(&serde_json::Value::from(value).to_string());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::daily_file::ColumnMapping;

    use super::*;
    use crate::daily_files::parse::{
        fault::FileFault,
        records::{Next, Records},
    };

    /// Parses all rows of a text with a header.
    fn read_all(text: &str) -> Vec<Outcome> {
        let header = Header::read(text, &ColumnMapping::default()).unwrap();
        let region = Region::of("GB");
        let mut records = Records::separated_by(header.delimiter).strict_in(header.required(), header.line);
        let mut found = Vec::new();
        let mut each = |record: Record<'_>| {
            if record.line > header.line {
                found.push(read(record, &header, &region));
            }
            let contains_row = matches!(found.last(), Some(Outcome::ContainsRow(_)));
            Ok::<_, FileFault>(if contains_row { Next::SecondLine } else { Next::Row })
        };
        records.push(text.as_bytes(), &mut each).unwrap();
        records.finish(&mut each).unwrap();
        found
    }

    #[test]
    fn a_row_becomes_a_customer_with_unchanged_key_data() {
        let text = "Balance,ref,name,number,Note\n =cmd() , A-1 ,\"Jones, Maria\",07700 900123,\"a \"\"b\"\"\n\\\"\n";
        let [Outcome::Accepted(row)] = &read_all(text)[..] else { panic!("the row is accepted") };
        assert_eq!((row.line, row.reference.as_str(), row.name.as_str()), (2, "A-1", "Jones, Maria"));
        assert_eq!(row.number.as_str(), "+447700900123");
        let values: Vec<String> = serde_json::from_str(&row.key_data).unwrap();
        assert_eq!(values, [" =cmd() ", "a \"b\"\n\\"]);
    }

    #[test]
    fn a_rejected_row_names_its_fault_and_column() {
        let text = format!(
            "Ref,Name,Mobile,Balance\n,Jo,07700900123\nA-1,,07700900123\nA-2,Jo,\nA-3,Jo,0770\nA-4,Jo,call me\n\
             A-5,Jo,07700900123,1,2\n{},Jo,07700900123\nA-7,Jo,07700900123,,,\n,,,\n",
            "x".repeat(101)
        );
        let found: Vec<String> = read_all(&text)
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Accepted(row) => format!("{} accepted", row.line),
                Outcome::Rejected(row) => {
                    let reason: String = row.reason.chars().take(12).collect();
                    format!("{} {:?} {:.5} {reason}", row.line, row.column, row.value)
                }
                Outcome::ContainsRow(_) => "contains a row".to_owned(),
                Outcome::Blank => "blank".to_owned(),
            })
            .collect();
        assert_eq!(
            found,
            [
                "2 Some(\"Ref\")  This is empt",
                "3 Some(\"Name\")  This is empt",
                "4 Some(\"Mobile\")  This is empt",
                "5 Some(\"Mobile\") 0770 Too short fo",
                "6 Some(\"Mobile\") call  This is not ",
                "7 None A-5 J This row has",
                "8 Some(\"Ref\") xxxxx This is long",
                "9 accepted",
                "blank",
            ]
        );
    }

    /// Returns each line with its result.
    fn lines(text: &str) -> Vec<String> {
        let shown = |outcome| match outcome {
            Outcome::Accepted(row) => format!("{} {} {} {}", row.line, row.reference, row.name, row.number),
            Outcome::Rejected(row) => format!("{} rejected {}", row.line, row.column.unwrap_or_default()),
            Outcome::ContainsRow(row) => format!("{} contains a row {}", row.line, row.value),
            Outcome::Blank => "blank".to_owned(),
        };
        read_all(text).into_iter().map(shown).collect()
    }

    #[test]
    fn an_open_quote_gives_no_customer_the_number_of_another() {
        let header = "ref,name,number,note\n";
        let text = format!("{header}A-1,\"Al,07700900101,\nA-2,\"Bo\",07700900102,\nA-3,Cy,07700900103,\n");
        assert_eq!(lines(&text), ["2 rejected name", "3 A-2 Bo +447700900102", "4 A-3 Cy +447700900103"]);
        let text =
            format!("{header}A-1,Al,07700900101,\"note\nA-2,Bo,07700900102,\nA-3,Cy,07700900103,x\"\n");
        assert_eq!(
            lines(&text),
            ["2 contains a row note", "3 A-2 Bo +447700900102", "4 A-3 Cy +447700900103"]
        );
        let text =
            format!("{header}A-1,Al,07700900101,\"one,\ntwo,three,four,\nfive\"\nA-3,Cy,07700900103,x\n");
        assert_eq!(
            lines(&text),
            ["2 A-1 Al +447700900101", "5 A-3 Cy +447700900103"],
            "a note of several lines"
        );
        let text = "note,ref,name,number\n\"open,A-1,Al,07700900101\nx\",A-2,Bo,07700900102\n";
        assert_eq!(lines(text), ["2 contains a row open,A-1,Al,07700900101", "3 A-2 Bo +447700900102"]);
    }

    proptest! {
        #[test]
        fn each_number_belongs_to_its_own_line(
            rows in proptest::collection::vec((proptest::option::of("[a-z\",]{0,4}\"[a-z\",\n]{0,4}"), 0..4_usize), 1..8),
        ) {
            let mut text = String::from("ref,name,number,note\n");
            for (n, (broken, column)) in rows.iter().enumerate() {
                let mut values = [format!("A-{n}"), format!("Al {n}"), format!("077009001{n:02}"), String::new()];
                if let Some(broken) = broken {
                    values[*column] = broken.clone();
                }
                text += &format!("{}\n", values.join(","));
            }
            for outcome in read_all(&text) {
                let Outcome::Accepted(row) = outcome else { continue };
                let number = row.number.as_str().trim_start_matches("+4477009001").parse::<usize>().unwrap();
                if let Some(of) = row.reference.strip_prefix("A-").and_then(|of| of.parse::<usize>().ok()) {
                    prop_assert_eq!(of, number, "{}", text);
                }
            }
        }

        #[test]
        fn key_data_is_a_json_array_of_the_values(values in proptest::collection::vec("\\PC{0,8}|[\u{1}-\u{1f}\"\\\\]{0,4}", 0..6)) {
            let mut list = String::from("[");
            values.iter().for_each(|value| append(value, &mut list));
            list.push(']');
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&list).unwrap(), values.clone());
            // Written like the other lists in the database, so that equal lists are equal text.
            prop_assert_eq!(list, serde_json::to_string(&values).unwrap());
        }
    }
}
