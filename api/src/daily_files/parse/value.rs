//! Cleans the values of a row: removes spreadsheet notation around values, labels before numbers, and invisible
//! characters. Refuses values that a spreadsheet has damaged.

use std::borrow::Cow;

use shared::clean::{clean_code, clean_digits, clean_line};

/// Maximum length of a customer reference number.
const MAX_REFERENCE_CHARS: usize = 100;
/// Maximum length of a name.
const MAX_NAME_CHARS: usize = 200;
/// Minimum number of digits for a part of a cell to count as a phone number.
const MIN_DIGITS: usize = 7;
/// More digits than one phone number with its prefixes can have.
const TOO_MANY_DIGITS: usize = 20;
/// Content of a cell whose formula failed.
const SPREADSHEET_ERRORS: [&str; 8] =
    ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"];
/// Words that may label a phone number.
const LABELS: [&str; 23] = [
    "tel",
    "telephone",
    "telefon",
    "telefono",
    "téléphone",
    "phone",
    "mobile",
    "mob",
    "mobil",
    "movil",
    "móvil",
    "portable",
    "handy",
    "cell",
    "cellphone",
    "cellular",
    "contact",
    "number",
    "no",
    "home",
    "work",
    "m",
    "t",
];

/// Why a value cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidValue {
    /// The value is empty.
    #[error("This is empty.")]
    Empty,
    /// The value is too long.
    #[error("This is longer than {longest} characters.")]
    TooLong {
        /// The maximum length in characters.
        longest: usize,
    },
    /// The value is what a spreadsheet shows for a failed formula, or for a column that is too narrow.
    #[error("This is a spreadsheet error, not a value. Correct the cell and save the file again.")]
    SpreadsheetError,
    /// The value is in scientific notation.
    #[error(
        "{value} is Excel's scientific notation: the last digits are lost. Format the column as text in Excel, enter \
         the values again and save the file."
    )]
    Scientific {
        /// The value.
        value: String,
    },
    /// The value has several phone numbers.
    #[error("This cell holds several numbers. Keep one number in it.")]
    SeveralNumbers,
}

/// Cleans a customer reference number.
///
/// # Errors
/// When the value cannot be used.
pub(super) fn reference(value: &str) -> Result<String, InvalidValue> {
    let plain = as_text(value);
    let plain = plain.strip_prefix(['\'', '\u{2019}']).unwrap_or(&plain);
    let plain = clean_code(plain);
    check(&plain, MAX_REFERENCE_CHARS)?;
    if is_scientific(&plain) && plain.contains(['.', ',']) {
        return Err(InvalidValue::Scientific { value: plain.into_owned() });
    }
    Ok(plain.into_owned())
}

/// Cleans a name.
///
/// # Errors
/// When the value cannot be used.
pub(super) fn name(value: &str) -> Result<String, InvalidValue> {
    let plain = as_text(value);
    let plain = clean_line(&plain);
    check(&plain, MAX_NAME_CHARS)?;
    Ok(plain.into_owned())
}

/// Cleans a phone number, which is still to be parsed.
///
/// # Errors
/// When the value cannot be used.
pub(super) fn number(value: &str) -> Result<Cow<'_, str>, InvalidValue> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || b" +-()".contains(&byte);
    let trimmed = value.trim_ascii();
    if !trimmed.is_empty() && trimmed.len() < TOO_MANY_DIGITS && trimmed.bytes().all(is_plain) {
        return Ok(Cow::Borrowed(trimmed));
    }
    let plain = clean_digits(&as_text(value)).into_owned();
    let plain = plain.trim_start_matches(['\'', '\u{2019}']).trim();
    check(plain, usize::MAX)?;
    if is_scientific(plain) {
        return Err(InvalidValue::Scientific { value: plain.to_owned() });
    }
    let plain = without_decimals(without_label(plain));
    if has_several(plain) {
        return Err(InvalidValue::SeveralNumbers);
    }
    Ok(Cow::Owned(plain.to_owned()))
}

/// Removes the formula `="..."`, which makes a spreadsheet show a value as text, and replaces control characters by
/// spaces.
fn as_text(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    let value = value
        .strip_prefix("=\"")
        .and_then(|value| value.strip_suffix('"'))
        .filter(|inside| !inside.contains('"'))
        .unwrap_or(value);
    if !value.contains(char::is_control) {
        return Cow::Borrowed(value);
    }
    let spaced: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Cow::Owned(spaced)
}

fn check(plain: &str, longest: usize) -> Result<(), InvalidValue> {
    if plain.is_empty() {
        return Err(InvalidValue::Empty);
    }
    // A value has no more characters than bytes, so most values need no counting.
    if plain.len() > longest && plain.chars().count() > longest {
        return Err(InvalidValue::TooLong { longest });
    }
    let is_full_of_hashes = plain.len() > 2 && plain.bytes().all(|byte| byte == b'#');
    if is_full_of_hashes || SPREADSHEET_ERRORS.iter().any(|error| error.eq_ignore_ascii_case(plain)) {
        return Err(InvalidValue::SpreadsheetError);
    }
    Ok(())
}

/// Whether this is a long number in Excel's notation: `4.47E+11`, or `4,47E+11` in some languages.
fn is_scientific(plain: &str) -> bool {
    let Some((mantissa, exponent)) = plain.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = mantissa.splitn(2, ['.', ',']);
    parts.all(is_digits) && is_digits(exponent) && exponent.len() <= 3
}

/// Removes a label such as `Mobile:` before a number.
fn without_label(plain: &str) -> &str {
    let is_begin = |character: char| character.is_ascii_digit() || character == '+' || character == '(';
    let (label, number) = plain.split_at(plain.find(is_begin).unwrap_or(plain.len()));
    if !label.chars().all(|character| character.is_alphabetic() || " .:-/".contains(character)) {
        return plain;
    }
    let words: Vec<String> = label
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let are_labels = words.iter().all(|word| LABELS.contains(&word.as_str()));
    // In "no mobile", "no" means that there is no number. In "Tel. no.", it is part of the label.
    let is_refusal = words.iter().position(|word| word == "no").is_some_and(|at| at + 1 < words.len());
    if words.is_empty() || !are_labels || is_refusal { plain } else { number }
}

/// Removes the decimals that some programs add to a number: `447700900123.0`.
fn without_decimals(plain: &str) -> &str {
    match plain.split_once('.') {
        Some((whole, decimals))
            if whole.len() >= MIN_DIGITS
                && whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+')
                && (1..=2).contains(&decimals.len())
                && decimals.bytes().all(|byte| byte == b'0') =>
        {
            whole
        }
        _ => plain,
    }
}

fn has_several(plain: &str) -> bool {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let parts = plain.split(|c: char| c.is_alphabetic() || "/;,|&\\".contains(c));
    let numbers = parts.filter(|part| digits(part) >= MIN_DIGITS).count();
    numbers > 1 || (numbers == 1 && digits(plain) >= TOO_MANY_DIGITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spreadsheet_notation_around_a_value_is_removed() {
        for (given, expected) in [
            ("07700 900123", "07700 900123"),
            (" =\"07700900123\" ", "07700900123"),
            ("'07700900123", "07700900123"),
            ("=\"'07700900123\"", "07700900123"),
            ("\u{202d}07700\u{a0}900123\u{202c}", "07700 900123"),
            ("447700900123.0", "447700900123"),
            ("07700.900123", "07700.900123"),
            ("Mobile: 07700 900123", "07700 900123"),
            ("mob. (07700) 900123", "(07700) 900123"),
            ("tel:+447700900123", "+447700900123"),
            ("Tel. no.: 07700 900123", "07700 900123"),
            ("0171/1234567", "0171/1234567"),
        ] {
            assert_eq!(number(given).as_deref(), Ok(expected), "{given:?}");
        }
        assert_eq!(reference("=\"00123\"").as_deref(), Ok("00123"));
        assert_eq!(reference("'00123").as_deref(), Ok("00123"));
        assert_eq!(reference("A\u{200b}-1\u{a0}").as_deref(), Ok("A-1"));
        assert_eq!(name(" 't Hooft,\t\u{feff}Jo ").as_deref(), Ok("'t Hooft, Jo"));
    }

    #[test]
    fn damaged_values_are_refused() {
        for given in ["4.47E+11", "4,47E+11", "4.47700900123e+11", "4E+11", "4.47E11"] {
            assert_eq!(number(given), Err(InvalidValue::Scientific { value: given.to_owned() }));
        }
        assert!(reference("1.23E+15").is_err());
        assert_eq!(reference("12E5").as_deref(), Ok("12E5"), "an ordinary reference");
        for given in ["#N/A", "#ref!", "########"] {
            assert_eq!(number(given), Err(InvalidValue::SpreadsheetError));
            assert_eq!(name(given), Err(InvalidValue::SpreadsheetError));
            assert_eq!(reference(given), Err(InvalidValue::SpreadsheetError));
        }
        for given in [
            "07700900123 / 07700900456",
            "07700900123;07700900456",
            "07700 900123 or 07700 900456",
            "Mobile: 07700900123 Home: 02079460000",
            "07700 900123 07700 900456",
            "07700900123, 07700900456",
        ] {
            assert_eq!(number(given), Err(InvalidValue::SeveralNumbers), "{given}");
        }
        for empty in ["", " ", "=\"\"", "'", "\u{200b}"] {
            assert_eq!(number(empty), Err(InvalidValue::Empty), "{empty:?}");
            assert_eq!(reference(empty), Err(InvalidValue::Empty), "{empty:?}");
        }
        assert_eq!(reference(&"x".repeat(101)), Err(InvalidValue::TooLong { longest: 100 }));
        assert_eq!(name(&"é".repeat(201)), Err(InvalidValue::TooLong { longest: 200 }));
        assert!(name(&"é".repeat(200)).is_ok());
    }

    #[test]
    fn words_that_are_not_labels_are_kept() {
        for given in
            ["no mobile 07700900123", "call 07700900123", "do not text 07700900123", "whatsapp:+447700900123"]
        {
            assert_eq!(number(given).as_deref(), Ok(given));
        }
    }

    proptest! {
        #[test]
        fn a_clean_value_does_not_change(value in "\\PC{0,30}") {
            for clean in [reference(&value), name(&value)].into_iter().flatten() {
                prop_assert!(!clean.is_empty() && clean.trim() == clean);
            }
            if let Ok(clean) = name(&value) {
                // A formula within a formula is not unwrapped again.
                if !clean.starts_with("=\"") {
                    prop_assert_eq!(name(&clean), Ok(clean));
                }
            }
            let _ = number(&value);
        }
    }
}
