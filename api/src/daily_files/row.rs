//! Makes a customer of a row, or says why it cannot be one: the first thing that is wrong, with its column. It must never
//! keep anything.

use shared::{PhoneNumber, daily_file::RejectedRow};

use super::{
    header::{Header, Needed},
    records::Record,
};
use crate::numbers::region::Region;

/// The longest customer reference number, in characters.
const LONGEST_REFERENCE: usize = 100;
/// The longest name, in characters.
const LONGEST_NAME: usize = 200;
/// How much of a value is shown, in characters.
const LONGEST_SHOWN: usize = 200;

/// A customer, about to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: i64,
    pub(super) number: PhoneNumber,
    pub(super) reference: String,
    pub(super) name: String,
    /// The further values as a JSON list.
    pub(super) key_data: String,
}

/// What became of a row.
#[derive(Debug)]
pub(super) enum Outcome {
    Taken(Row),
    Rejected(RejectedRow),
    /// Nothing stands in it.
    Blank,
}

/// Reads a row.
pub(super) fn read(record: Record<'_>, header: &Header, region: &Region) -> Outcome {
    if record.values().all(|value| value.trim().is_empty()) {
        return Outcome::Blank;
    }
    let line = i64::try_from(record.line).unwrap_or(i64::MAX);
    let rejected = |column: Option<&str>, value: &str, reason: String| {
        let value = value.chars().filter(|character| *character != '\0').take(LONGEST_SHOWN).collect();
        Outcome::Rejected(RejectedRow { line, column: column.map(str::to_owned), value, reason })
    };
    let columns = header.names.len();
    // Programs leave out what is empty at the end of a row, or write a delimiter too many.
    if record.values().skip(columns).any(|value| !value.trim().is_empty()) {
        let values = record.values().count();
        let reason = format!("This row has {values} values, but there are {columns} columns.");
        return rejected(None, &record.values().collect::<Vec<_>>().join(" "), reason);
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
        } else {
            append(value, &mut key_data);
        }
    }
    key_data.push(']');
    let said = |needed: Needed| Some(header.called(needed));
    let plain_reference = match one_line(reference, LONGEST_REFERENCE) {
        Ok(plain) => plain,
        Err(reason) => return rejected(said(Needed::Reference), reference, reason),
    };
    let plain_name = match one_line(name, LONGEST_NAME) {
        Ok(plain) => plain,
        Err(reason) => return rejected(said(Needed::Name), name, reason),
    };
    match region.read(number) {
        Ok(number) => {
            Outcome::Taken(Row { line, number, reference: plain_reference, name: plain_name, key_data })
        }
        Err(_) if number.trim().is_empty() => rejected(said(Needed::Number), "", "This is empty.".to_owned()),
        Err(fault) => rejected(said(Needed::Number), number, fault.to_string()),
    }
}

/// A value in one line, without the white space around it.
fn one_line(value: &str, longest: usize) -> Result<String, String> {
    let value = value.trim();
    let plain = if value.contains(char::is_control) {
        let spaced: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        spaced.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        value.to_owned()
    };
    if plain.is_empty() {
        return Err("This is empty.".to_owned());
    }
    // Counting is only needed where the bytes are too many.
    if plain.len() > longest && plain.chars().count() > longest {
        return Err(format!("This is longer than {longest} characters."));
    }
    Ok(plain)
}

/// Appends a value to a JSON list.
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
    use crate::daily_files::{fault::FileFault, records::Records};

    /// What becomes of each row of a text with a header.
    fn read_all(text: &str) -> Vec<Outcome> {
        let header = Header::read(text, &ColumnMapping::default()).unwrap();
        let region = Region::of("GB");
        let mut records = Records::separated_by(header.delimiter);
        let mut found = Vec::new();
        let mut each = |record: Record<'_>| {
            if record.line > header.line {
                found.push(read(record, &header, &region));
            }
            Ok::<(), FileFault>(())
        };
        records.push(text.as_bytes(), &mut each).unwrap();
        records.finish(&mut each).unwrap();
        found
    }

    #[test]
    fn a_row_becomes_a_customer_with_its_key_data_as_it_stands() {
        let text = "Balance,ref,name,number,Note\n =cmd() , A-1 ,\"Jones,\nMaria\",07700 900123,\"a \"\"b\"\"\n\\\"\n";
        let [Outcome::Taken(row)] = &read_all(text)[..] else { panic!("taken") };
        assert_eq!((row.line, row.reference.as_str(), row.name.as_str()), (2, "A-1", "Jones, Maria"));
        assert_eq!(row.number.as_str(), "+447700900123");
        let values: Vec<String> = serde_json::from_str(&row.key_data).unwrap();
        assert_eq!(values, [" =cmd() ", "a \"b\"\n\\"]);
    }

    #[test]
    fn a_rejected_row_says_what_is_wrong_and_where() {
        let text = format!(
            "Ref,Name,Mobile,Balance\n,Jo,07700900123\nA-1,,07700900123\nA-2,Jo,\nA-3,Jo,0770\nA-4,Jo,call me\n\
             A-5,Jo,07700900123,1,2\n{},Jo,07700900123\nA-7,Jo,07700900123,,,\n,,,\n",
            "x".repeat(101)
        );
        let told: Vec<String> = read_all(&text)
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Taken(row) => format!("{} taken", row.line),
                Outcome::Rejected(row) => {
                    let reason: String = row.reason.chars().take(12).collect();
                    format!("{} {:?} {:.5} {reason}", row.line, row.column, row.value)
                }
                Outcome::Blank => "blank".to_owned(),
            })
            .collect();
        assert_eq!(
            told,
            [
                "2 Some(\"Ref\")  This is empt",
                "3 Some(\"Name\")  This is empt",
                "4 Some(\"Mobile\")  This is empt",
                "5 Some(\"Mobile\") 0770 This has too",
                "6 Some(\"Mobile\") call  This is not ",
                "7 None A-5 J This row has",
                "8 Some(\"Ref\") xxxxx This is long",
                "9 taken",
                "blank",
            ]
        );
    }

    proptest! {
        #[test]
        fn key_data_is_a_json_list_of_what_stands_in_the_file(values in proptest::collection::vec("\\PC{0,8}|[\u{1}-\u{1f}\"\\\\]{0,4}", 0..6)) {
            let mut list = String::from("[");
            values.iter().for_each(|value| append(value, &mut list));
            list.push(']');
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&list).unwrap(), values.clone());
            // As the database's other lists are written, so that the same is the same.
            prop_assert_eq!(list, serde_json::to_string(&values).unwrap());
        }
    }
}
