//! Reads the fields of a request and gathers everything that is wrong with them, so that a form can say it all at once.
//! It must never look anything up: what needs the database is checked where it is written.

mod password;

use std::borrow::Cow;

use secrecy::SecretString;
use shared::{
    ErrorCode, FieldError,
    account::MAX_NAME_CHARACTERS,
    clean::{clean_code, clean_line, strip_invisible},
};

use crate::error::ApiError;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Notes that a field breaks a rule.
    pub(crate) fn fault(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), code: code.into(), message: message.into() });
    }

    /// Whether anything is wrong so far.
    pub(crate) fn any(&self) -> bool {
        !self.errors.is_empty()
    }

    /// A name: one line of 1 to 100 characters, without the white space around it.
    pub(crate) fn name(&mut self, field: &str, given: &str) -> String {
        self.text(field, clean_line(given), MAX_NAME_CHARACTERS, |character| character.is_control())
    }

    /// A text of 1 to `longest` characters, without the white space around it.
    pub(crate) fn note(&mut self, field: &str, given: &str, longest: usize) -> String {
        self.text(field, strip_invisible(given), longest, |character| character == '\0')
    }

    fn text(
        &mut self,
        field: &str,
        given: Cow<'_, str>,
        longest: usize,
        bad: impl Fn(char) -> bool,
    ) -> String {
        let text = given.trim();
        let length = text.chars().count();
        if text.is_empty() {
            self.fault(field, "required", format!("Enter a {}.", noun_of(field)));
        } else if length > longest {
            let message = format!("At most {longest} characters; this has {length}.");
            self.fault(field, "too_long", message);
        } else if text.contains(bad) {
            self.fault(field, "invalid_character", "Remove the line break or control character.");
        }
        text.to_owned()
    }

    /// An e-mail address, in lower case. Only mail itself proves an address; this catches what is none at all.
    pub(crate) fn email(&mut self, field: &str, given: &str) -> String {
        let email = clean_code(given).to_lowercase();
        let plausible = email.len() <= 254
            && !email.contains(|character: char| character.is_whitespace() || character.is_control())
            && email
                .rsplit_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !name.contains('@'));
        if !plausible {
            self.fault(field, "invalid", "Enter an e-mail address, e.g. ann@example.com.");
        }
        email
    }

    /// A new password; `about` is what a guesser knows of its owner: e-mail address and name.
    pub(crate) fn password(&mut self, field: &str, given: String, about: &[&str]) -> SecretString {
        if let Some((code, message)) = password::fault(&given, about) {
            self.fault(field, code, message);
        }
        SecretString::from(given)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// `validation_failed`, with every field that is wrong.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        let detail = match self.errors.as_slice() {
            [] => return Ok(()),
            [only] => format!("{}: {}", only.field, only.message),
            several => {
                let names: Vec<&str> = several.iter().map(|error| error.field.as_str()).collect();
                format!("Correct these fields: {}.", names.join(", "))
            }
        };
        Err(ApiError::new(ErrorCode::ValidationFailed, detail).errors(self.errors))
    }
}

/// What a field is called in a sentence.
fn noun_of(field: &str) -> &str {
    match field {
        "display_name" => "name",
        other => other,
    }
}

/// The name is taken.
pub(crate) fn taken(field: &str, message: impl Into<String>) -> ApiError {
    ApiError::field(ErrorCode::AlreadyExists, field, "taken", message)
}

/// Whether two names are the same to a person: in any case.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    clean_line(one).to_lowercase() == clean_line(other).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let mut fields = Fields::default();
        assert_eq!(fields.name("name", "  Ann \n"), "Ann");
        fields.name("empty", " \t\u{200b}");
        fields.name("long", &"é".repeat(101));
        fields.name("lines", "a\nb");
        for email in ["", "ann", "@example.com", "ann@", "a b@example.com", "a@b@example.com"] {
            fields.email("email", email);
        }
        fields.password("short", "seven c".into(), &[]);
        fields.password("book", "x".repeat(129), &[]);
        fields.password("common", "Password1".into(), &[]);
        let error = fields.finish().unwrap_err();
        let words: Vec<String> =
            error.faults().map(|error| format!("{}:{}", error.field, error.code)).collect();
        let emails = ["email:invalid"; 6];
        let before = ["empty:required", "long:too_long", "lines:invalid_character"];
        assert_eq!(
            words,
            [&before[..], &emails[..], &["short:too_short", "book:too_long", "common:easy_to_guess"][..]]
                .concat()
        );
    }

    #[test]
    fn what_is_right_is_taken_as_it_is() {
        let mut fields = Fields::default();
        assert_eq!(fields.name("name", &"é".repeat(100)).chars().count(), 100);
        assert_eq!(fields.email("email", " Ann@Example.COM "), "ann@example.com");
        assert_eq!(fields.email("email", "\u{feff}ann＠example\u{200b}.com"), "ann@example.com");
        assert_eq!(fields.name("name", "\u{202e}Ann\u{a0}\u{200b} Lee"), "Ann Lee");
        assert_eq!(fields.note("note", "one\u{200b}\n  two", 100), "one\n  two");
        fields.password("password", "four words of yours".into(), &["ann@example.com", "Ann"]);
        assert!(fields.finish().is_ok());
    }
}
