//! The rules for a new password: 8 to 128 characters, and not easy to guess (OWASP ASVS 5.0, 6.2). `zxcvbn` estimates
//! the number of guesses from lists of common passwords, names and words, from dates and keyboard patterns, and from
//! the account's own e-mail address and name.

use shared::account::{MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS};
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// The name of this application, as people use it in passwords.
const PRODUCT: [&str; 4] = ["sms chat", "sms-chat", "smschat", "sms"];

/// Minimum number of characters that remain once the words of the account and the application are removed.
const MIN_UNRELATED_CHARACTERS: usize = 6;

/// Why a password is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WeakPassword {
    #[error("Use at least {MIN_PASSWORD_CHARACTERS} characters; a few words work well.")]
    TooShort,
    #[error("Use at most {MAX_PASSWORD_CHARACTERS} characters.")]
    TooLong,
    /// A dictionary attack finds it.
    #[error("This password is easy to guess: {reason}. Use a few unrelated words.")]
    EasyToGuess { reason: String },
}

impl WeakPassword {
    /// The code of the field error.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::EasyToGuess { .. } => "easy_to_guess",
        }
    }
}

/// Checks a new password. `about` holds the account's e-mail address and name.
///
/// # Errors
/// [`WeakPassword`].
pub(super) fn check(password: &str, about: &[&str]) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    if length < MIN_PASSWORD_CHARACTERS {
        return Err(WeakPassword::TooShort);
    }
    if length > MAX_PASSWORD_CHARACTERS {
        return Err(WeakPassword::TooLong);
    }
    let context = context(about);
    let reason = if is_made_of(password, &context) {
        "it is made of your name, your e-mail address or the name of this application".to_owned()
    } else {
        let context: Vec<&str> = context.iter().map(String::as_str).collect();
        let estimate = zxcvbn(password, &context);
        if estimate.score() >= Score::Two {
            return Ok(());
        }
        match estimate.feedback().and_then(Feedback::warning) {
            Some(warning) => lower_first(warning.to_string().trim_end_matches('.')),
            None => "it is too close to a common password or to your name".to_owned(),
        }
    };
    Err(WeakPassword::EasyToGuess { reason })
}

/// Whether the password consists almost entirely of words from `context`.
fn is_made_of(password: &str, context: &[String]) -> bool {
    let lower = password.to_lowercase();
    let rest = context.iter().fold(lower.clone(), |rest, word| rest.replace(word.as_str(), ""));
    rest != lower && rest.chars().count() < MIN_UNRELATED_CHARACTERS
}

/// The words that an attacker who knows the account tries first: whole values and their parts, longest first.
fn context(about: &[&str]) -> Vec<String> {
    let known = about.iter().chain(&PRODUCT).map(|text| text.to_lowercase());
    let mut words: Vec<String> = Vec::new();
    for text in known {
        let parts: Vec<&str> = text.split(|character: char| !character.is_alphanumeric()).collect();
        words.push(parts.concat());
        words.extend(parts.into_iter().map(str::to_owned));
        words.push(text);
    }
    words.retain(|word| word.chars().count() >= 3);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANN: [&str; 2] = ["ann.whitfield@example.com", "Ann Whitfield"];

    fn code(password: &str) -> &'static str {
        check(password, &ANN).err().map_or("", |weak| weak.code())
    }

    #[test]
    fn common_passwords_are_refused() {
        for password in [
            "password",
            "Password1",
            "P@ssw0rd1",
            "12345678",
            "123456789012",
            "qwertyuiop",
            "iloveyou123",
            "letmein12345",
            "Welcome1",
            "football1",
            "1q2w3e4r5t",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "19841125",
        ] {
            assert_eq!(code(password), "easy_to_guess", "{password}");
        }
    }

    #[test]
    fn passwords_made_of_the_accounts_name_or_email_are_refused() {
        for password in [
            "annwhitfield",
            "Whitfield1",
            "ann.whitfield",
            "AnnWhitfield2024",
            "whitfield.ann!",
            "ann.whitfield@example.com",
            "sms-chat",
            "SMSChat1",
            "sms chat 2024",
            "smschat123",
        ] {
            let weak = check(password, &ANN).unwrap_err();
            assert_eq!(weak.code(), "easy_to_guess");
            assert!(weak.to_string().contains("your name"), "{password}: {weak}");
        }
        let for_another_account = check("annwhitfield", &["bo@example.com", "Bo"]);
        assert!(!for_another_account.is_err_and(|weak| weak.to_string().contains("your name")));
    }

    #[test]
    fn unrelated_words_and_random_characters_are_accepted() {
        for password in [
            "correct horse battery",
            "four words of yours",
            "another row of words",
            "tR8!kq2Z",
            "x7Gh2kPq",
            "\u{1f98a}\u{1f347}\u{1f3bb}\u{1f682}\u{1f9ca}\u{1f336}\u{1f5ff}\u{1f9ed}",
            "with a NUL \0 in it",
        ] {
            assert_eq!(check(password, &ANN), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_length_is_counted_in_characters() {
        assert_eq!(code("seven c"), "too_short");
        assert_eq!(code(&"\u{e9}".repeat(129)), "too_long");
        assert_eq!(code(&"correct horse ".repeat(9)), "", "126 characters");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(password in "\\PC{0,200}", email in "\\PC{0,40}", name in "\\PC{0,40}") {
            let _ = check(&password, &[&email, &name]);
        }
    }
}
