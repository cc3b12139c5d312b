//! What a new password must be: 8 to 128 characters, and not easy to guess (OWASP ASVS 5.0, 6.2). `zxcvbn` estimates
//! the guesses from lists of common passwords, names and words, from dates and keyboard patterns, and from what the
//! account itself gives away.

use shared::account::{MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS};
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// What this application is called, as people put it into passwords.
const PRODUCT: [&str; 4] = ["sms chat", "sms-chat", "smschat", "sms"];

/// How many characters a password must have beside what its owner's account gives away.
const LEAST_OWN: usize = 6;

/// The fault of a password as `(code, message)`; `about` is what the account gives away: e-mail address and name.
pub(super) fn fault(password: &str, about: &[&str]) -> Option<(&'static str, String)> {
    let length = password.chars().count();
    if length < MIN_PASSWORD_CHARACTERS {
        let message = format!("Use at least {MIN_PASSWORD_CHARACTERS} characters; a few words work well.");
        return Some(("too_short", message));
    }
    if length > MAX_PASSWORD_CHARACTERS {
        return Some(("too_long", format!("Use at most {MAX_PASSWORD_CHARACTERS} characters.")));
    }
    let context = context(about);
    let reason = if is_made_of(password, &context) {
        "it is made of your name, your e-mail address or the name of this application".to_owned()
    } else {
        let context: Vec<&str> = context.iter().map(String::as_str).collect();
        let estimate = zxcvbn(password, &context);
        if estimate.score() >= Score::Two {
            return None;
        }
        match estimate.feedback().and_then(Feedback::warning) {
            Some(warning) => lower_first(warning.to_string().trim_end_matches('.')),
            None => "it is too close to a common password or to your name".to_owned(),
        }
    };
    Some(("easy_to_guess", format!("This password is easy to guess: {reason}. Use a few unrelated words.")))
}

/// Whether little is left of the password without the words of the context.
fn is_made_of(password: &str, context: &[String]) -> bool {
    let lower = password.to_lowercase();
    let rest = context.iter().fold(lower.clone(), |rest, word| rest.replace(word.as_str(), ""));
    rest != lower && rest.chars().count() < LEAST_OWN
}

/// The words that a guesser who knows the account tries first, whole and in parts, longest first.
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
        fault(password, &ANN).map_or("", |(code, _)| code)
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
    fn what_the_account_gives_away_is_refused() {
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
            let (code, message) = fault(password, &ANN).unwrap_or_else(|| panic!("{password} is taken"));
            assert_eq!(code, "easy_to_guess");
            assert!(message.contains("your name"), "{password}: {message}");
        }
        let of_another = fault("annwhitfield", &["bo@example.com", "Bo"]);
        assert!(!of_another.is_some_and(|(_, message)| message.contains("your name")));
    }

    #[test]
    fn a_few_words_and_random_characters_are_taken() {
        for password in [
            "correct horse battery",
            "four words of yours",
            "another row of words",
            "tR8!kq2Z",
            "x7Gh2kPq",
            "\u{1f98a}\u{1f347}\u{1f3bb}\u{1f682}\u{1f9ca}\u{1f336}\u{1f5ff}\u{1f9ed}",
            "with a NUL \0 in it",
        ] {
            assert_eq!(fault(password, &ANN), None, "{password}");
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
        fn any_text_is_judged(password in "\\PC{0,200}", email in "\\PC{0,40}", name in "\\PC{0,40}") {
            let _ = fault(&password, &[&email, &name]);
        }
    }
}
