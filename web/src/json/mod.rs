//! Reads JSON with less code than serde_json (figures in docs/first-load.md): its errors have texts with positions, which
//! the app never shows, and it reads every struct both from objects and from arrays. Here an error has no content and a
//! struct is an object, so that the compiler leaves the rest out.
//!
//! Numbers are integers, because the API has no others.

mod deserializer;
mod reader;

use std::fmt::{self, Display};

use serde::de::{DeserializeOwned, Error};

use self::reader::Reader;

/// The text is not JSON, or not of the wanted type.
#[derive(Debug, PartialEq)]
pub(crate) struct Unreadable;

impl Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("unreadable JSON")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: Display>(_: T) -> Self {
        Unreadable
    }
}

/// Parses a text.
pub(crate) fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let mut reader = Reader { rest: text };
    let value = T::deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, de::IgnoredAny};
    use serde_json::Value;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::hash_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_read(value in any_json()) {
            prop_assert_eq!(&from_str::<Value>(&value.to_string()).unwrap(), &value);
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(&from_str::<Value>(&pretty).unwrap(), &value);
            prop_assert_eq!(from_str::<IgnoredAny>(&pretty).map(drop), Ok(()));
        }

        #[test]
        fn any_text_is_read_or_refused(text in r#"[\[\]{}",:\\0-9a-fnrtu é-]{0,24}"#) {
            let read = from_str::<Value>(&text);
            if let Ok(value) = &read {
                prop_assert_eq!(&from_str::<Value>(&value.to_string()).unwrap(), value);
            }
        }
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        DarkRed,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Car {
        colour: Colour,
        doors: u8,
        owner: Option<String>,
        #[serde(default)]
        wheels: Vec<i32>,
    }

    #[test]
    fn structs_ignore_unknown_members_and_need_the_known_ones() {
        let car = Car { colour: Colour::DarkRed, doors: 4, owner: None, wheels: Vec::new() };
        let text = r#"{"new": [{"a": "]"}, -1, 1.5e-3, 18446744073709551615], "colour": "dark_red", "doors": 4, "owner": null}"#;
        assert_eq!(from_str(text), Ok(car));
        for refused in [
            "",
            "{}",
            r#"{"colour": "blue", "doors": 4, "owner": null}"#,
            r#"{"colour": "dark_red", "doors": 400, "owner": null}"#,
            r#"{"colour": "dark_red", "doors": 4, "owner": null} x"#,
            r#"{"colour": "dark_red", "doors": 4, "owner": null"#,
            r#"{"colour": "dark_red" "doors": 4, "owner": null}"#,
            r#"{"new": , "colour": "dark_red", "doors": 4, "owner": null}"#,
        ] {
            assert_eq!(from_str::<Car>(refused), Err(Unreadable), "{refused}");
        }
    }

    #[test]
    fn escapes_are_read() {
        let read = from_str::<String>(r#""a\"\\\/\b\f\n\r\té \u00e9 \ud83d\ude00""#);
        assert_eq!(read.as_deref(), Ok("a\"\\/\u{8}\u{c}\n\r\té é 😀"));
        for refused in [r#""\x""#, r#""\u12""#, r#""\ud83d""#, r#""\udc00""#, r#""\ud83d\u0041""#, "\"open"] {
            assert_eq!(from_str::<String>(refused), Err(Unreadable), "{refused}");
        }
    }
}
