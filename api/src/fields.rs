//! Validates the fields of a request and collects all errors, so that a form can show them at once. Checks that need
//! the database do not belong here; they happen in the transaction that writes.

mod password;

use std::borrow::Cow;

use secrecy::SecretString;
use shared::{
    FieldError,
    account::MAX_NAME_CHARACTERS,
    clean::{clean_code, clean_line, strip_invisible},
};

/// Maximum length of an e-mail address (RFC 5321, 4.5.3.1.3).
pub(crate) const MAX_EMAIL_LENGTH: usize = 254;

/// The request has invalid fields.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Invalid {
    detail: String,
    /// The invalid fields.
    pub errors: Vec<FieldError>,
}

impl Invalid {
    /// One field is invalid. `fault` is its stable, machine-readable code.
    #[must_use]
    pub fn field(field: &str, fault: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let detail = message.clone();
        Self { detail, errors: vec![FieldError { field: field.into(), code: fault.into(), message }] }
    }
}

/// The value of a field must be unique and is already in use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Taken {
    /// The field.
    pub field: &'static str,
    /// What happened and what the user can do about it.
    pub message: String,
}

/// The validation errors found so far.
#[derive(Debug, Default)]
pub(crate) struct Validation {
    errors: Vec<FieldError>,
}

impl Validation {
    /// Adds an error for a field.
    pub(crate) fn reject(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), code: code.into(), message: message.into() });
    }

    /// Whether any field is invalid so far.
    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Validates a name: one line of 1 to 100 characters. Trims white space.
    pub(crate) fn name(&mut self, field: &str, given: &str) -> String {
        self.check_text(field, clean_line(given), MAX_NAME_CHARACTERS, |character| character.is_control())
    }

    /// Validates a text of 1 to `longest` characters, which may have several lines. Trims white space.
    pub(crate) fn text(&mut self, field: &str, given: &str, longest: usize) -> String {
        self.check_text(field, strip_invisible(given), longest, |character| character == '\0')
    }

    fn check_text(
        &mut self,
        field: &str,
        given: Cow<'_, str>,
        longest: usize,
        bad: impl Fn(char) -> bool,
    ) -> String {
        let text = given.trim();
        let length = text.chars().count();
        if text.is_empty() {
            self.reject(field, "required", format!("Enter a {}.", label(field)));
        } else if length > longest {
            let message = format!("At most {longest} characters; this has {length}.");
            self.reject(field, "too_long", message);
        } else if text.contains(bad) {
            self.reject(field, "invalid_character", "Remove the line break or control character.");
        }
        text.to_owned()
    }

    /// Validates an e-mail address and converts it to lower case. Catches obvious mistakes only: whether an address
    /// exists cannot be known without sending mail to it.
    pub(crate) fn email(&mut self, field: &str, given: &str) -> String {
        let email = clean_code(given).to_lowercase();
        let plausible = email.len() <= MAX_EMAIL_LENGTH
            && !email.contains(|character: char| character.is_whitespace() || character.is_control())
            && email
                .rsplit_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !name.contains('@'));
        if !plausible {
            self.reject(field, "invalid", "Enter an e-mail address, e.g. ann@example.com.");
        }
        email
    }

    /// Validates a new password. `about` is what an attacker knows about the account: e-mail address and name.
    pub(crate) fn password(&mut self, field: &str, given: String, about: &[&str]) -> SecretString {
        if let Err(weak) = password::check(&given, about) {
            self.reject(field, weak.code(), weak.to_string());
        }
        SecretString::from(given)
    }

    /// Returns the collected errors, if there are any.
    ///
    /// # Errors
    /// Every invalid field.
    pub(crate) fn finish(self) -> Result<(), Invalid> {
        let detail = match self.errors.as_slice() {
            [] => return Ok(()),
            [only] => format!("{}: {}", only.field, only.message),
            several => {
                let names: Vec<&str> = several.iter().map(|error| error.field.as_str()).collect();
                format!("Correct these fields: {}.", names.join(", "))
            }
        };
        Err(Invalid { detail, errors: self.errors })
    }
}

/// The field's name as used in a sentence.
fn label(field: &str) -> &str {
    match field {
        "display_name" => "name",
        other => other,
    }
}

/// Whether two names are equal, ignoring case and invisible characters.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    clean_line(one).to_lowercase() == clean_line(other).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finish_reports_every_invalid_field() {
        let mut validation = Validation::default();
        assert_eq!(validation.name("name", "  Ann \n"), "Ann");
        validation.name("empty", " \t\u{200b}");
        validation.name("long", &"é".repeat(101));
        validation.name("lines", "a\nb");
        for email in ["", "ann", "@example.com", "ann@", "a b@example.com", "a@b@example.com"] {
            validation.email("email", email);
        }
        validation.password("short", "seven c".into(), &[]);
        validation.password("long_password", "x".repeat(129), &[]);
        validation.password("common", "Password1".into(), &[]);
        let error = validation.finish().unwrap_err();
        let found: Vec<String> =
            error.errors.iter().map(|error| format!("{}:{}", error.field, error.code)).collect();
        let names = ["empty:required", "long:too_long", "lines:invalid_character"];
        let emails = ["email:invalid"; 6];
        let passwords = ["short:too_short", "long_password:too_long", "common:easy_to_guess"];
        assert_eq!(found, [&names[..], &emails[..], &passwords[..]].concat());
    }

    #[test]
    fn valid_fields_are_trimmed_and_normalised() {
        let mut validation = Validation::default();
        assert_eq!(validation.name("name", &"é".repeat(100)).chars().count(), 100);
        assert_eq!(validation.email("email", " Ann@Example.COM "), "ann@example.com");
        assert_eq!(validation.email("email", "\u{feff}ann＠example\u{200b}.com"), "ann@example.com");
        assert_eq!(validation.name("name", "\u{202e}Ann\u{a0}\u{200b} Lee"), "Ann Lee");
        assert_eq!(validation.text("note", "one\u{200b}\n  two", 100), "one\n  two");
        validation.password("password", "four words of yours".into(), &["ann@example.com", "Ann"]);
        assert!(validation.finish().is_ok());
    }
}
