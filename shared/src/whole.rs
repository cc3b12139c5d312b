//! Reads whole numbers on the server. In JSON Schema, `3.0` is an integer, which serde refuses.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// The range in which an `f64` holds every whole number exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Deserialises a whole number, also one with a decimal point.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(WholeNumber)
}

/// Deserialises a whole number of a smaller type.
pub(crate) fn small<'de, T: TryFrom<i64>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let number = number(deserializer)?;
    T::try_from(number).map_err(|_| D::Error::custom(format!("{number} is out of range")))
}

/// Deserialises a whole number of a smaller type, or `null`.
pub(crate) fn optional<'de, T: TryFrom<i64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Small<T>>::deserialize(deserializer)?.map(|Small(number)| number))
}

struct Small<T>(T);

impl<'de, T: TryFrom<i64>> Deserialize<'de> for Small<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        small(deserializer).map(Small)
    }
}

struct WholeNumber;

impl Visitor<'_> for WholeNumber {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(E::custom)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the number is whole and within the range")]
    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        let is_whole = number.fract() == 0.0 && number.abs() <= EXACT;
        if is_whole { Ok(number as i64) } else { Err(E::custom("not a whole number")) }
    }
}

#[cfg(test)]
mod tests {
    use crate::{ids::TeamId, retention::Retention};

    #[test]
    fn a_whole_number_may_have_a_decimal_point() {
        for (text, expected) in
            [("3", Some(3)), ("3.0", Some(3)), ("-3e2", Some(-300)), ("3.5", None), ("1e300", None)]
        {
            assert_eq!(serde_json::from_str::<TeamId>(text).ok(), expected.map(TeamId), "{text}");
        }
    }

    #[test]
    fn a_smaller_number_is_within_its_range_or_null() {
        let days = |text: &str| {
            let json = format!(r#"{{"conversation_days": {text}}}"#);
            serde_json::from_str::<Retention>(&json).ok().map(|retention| retention.conversation_days)
        };
        assert_eq!(days("266.0"), Some(Some(266)));
        assert_eq!(days("null"), Some(None));
        assert_eq!((days("2.5"), days("1e10"), days("\"1\"")), (None, None, None));
    }
}
