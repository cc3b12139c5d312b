//! Detects messages that sound like an opt-out without being a [keyword](super::keyword): "please stop texting me". The
//! message is only flagged, and an agent decides. Uses a table of English phrases. Pure: no database, no HTTP.

use shared::clean::clean_code;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::keyword::words;
use Part::{Any, End, Gap};

/// A part of a phrase.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// One of these words.
    Any(&'static [&'static str]),
    /// Up to [`LONGEST_GAP`] of the [`LINKING`] words.
    Gap,
    /// The end of the message, where [`POLITE`] words may follow.
    End,
}

/// Largest number of words in a [`Gap`](Part::Gap).
const LONGEST_GAP: usize = 6;

const STOP: Part = Any(&["stop", "quit", "cease", "halt"]);
const NOT: Part = Any(&["dont", "never", "nolonger"]);
const WANT: Part = Any(&["want", "wish", "need"]);
const TEXT: Part =
    Any(&["text", "txt", "message", "msg", "sms", "contact", "spam", "bother", "disturb", "harass"]);
const TEXTS: Part = Any(&[
    "texts",
    "txts",
    "messages",
    "msgs",
    "sms",
    "spam",
    "notifications",
    "alerts",
    "texted",
    "messaged",
    "contacted",
    "bothered",
    "disturbed",
]);
const TEXTING: Part = Any(&[
    "text",
    "texts",
    "texting",
    "txt",
    "txts",
    "txting",
    "message",
    "messages",
    "messaging",
    "msg",
    "msgs",
    "sms",
    "contact",
    "contacting",
    "spam",
    "spamming",
    "bothering",
    "disturbing",
    "harassing",
    "pestering",
    "notifications",
    "alerts",
]);
const ME: Part = Any(&["me", "us"]);
const TAKE: Part = Any(&["take", "get", "remove", "delete", "cross"]);
const REMOVE: Part = Any(&["remove", "delete", "erase"]);
const MY: Part = Any(&["my", "this", "our"]);
const NUMBER: Part = Any(&["number", "numbers", "name", "details"]);
const LIST: Part =
    Any(&["list", "lists", "database", "system", "records", "mailing", "this", "here", "everything"]);

/// Phrases of an opt-out. A single word such as `nomore` stands for a pair of words from [`JOINED`].
const PHRASES: &[&[Part]] = &[
    // Stop texting me. Stop sending these messages.
    &[STOP, Gap, TEXTING],
    &[STOP, Any(&["sending"]), Any(&["me", "us", "this", "these", "those", "them", "anything", "stuff"])],
    // Do not text me again. Never contact this number.
    &[NOT, Gap, TEXT, Any(&["me", "us", "this", "here", "my", "our", "again", "anymore"])],
    // I don't want any more texts. I no longer wish to receive messages.
    &[NOT, WANT, Gap, TEXTS],
    &[NOT, WANT, Any(&["to"]), Any(&["hear"]), Any(&["from"])],
    &[NOT, Any(&["send"]), Gap, TEXTS],
    &[NOT, Any(&["send"]), ME, Any(&["anything", "anymore"])],
    // No more messages.
    &[Any(&["nomore"]), Gap, TEXTING],
    // Unsubscribe me. Opt me out.
    &[Any(&["unsubscribe", "unsubscribed", "unsub", "optout", "optingout", "optedout"])],
    &[Any(&["opt"]), ME, Any(&["out"])],
    // Take me off your list. Remove my number.
    &[TAKE, ME, Any(&["off"]), Gap, LIST],
    &[TAKE, ME, Any(&["off"]), End],
    &[TAKE, MY, Gap, NUMBER, Any(&["off"])],
    &[REMOVE, ME, Gap, Any(&["from", "off"])],
    &[REMOVE, ME, End],
    &[REMOVE, MY, Gap, Any(&["number"])],
    &[Any(&["lose", "forget"]), MY, Any(&["number"]), End],
    // Leave me alone.
    &[Any(&["leave"]), ME, Any(&["alone"])],
    &[Any(&["cease"]), Any(&["and"]), Any(&["desist"])],
    // I withdraw my consent.
    &[Any(&["withdraw", "revoke", "withdrawing", "revoking"]), Gap, Any(&["consent"])],
    &[NOT, Any(&["consent"])],
];

/// Words that may stand in a [`Gap`](Part::Gap).
const LINKING: &[&str] = &[
    "a",
    "all",
    "annoying",
    "any",
    "anymore",
    "automated",
    "be",
    "being",
    "by",
    "constant",
    "daily",
    "damn",
    "ever",
    "from",
    "fucking",
    "further",
    "future",
    "get",
    "getting",
    "have",
    "having",
    "in",
    "marketing",
    "me",
    "mobile",
    "more",
    "my",
    "of",
    "phone",
    "please",
    "pls",
    "promotional",
    "receive",
    "receiving",
    "send",
    "sending",
    "such",
    "text",
    "that",
    "the",
    "these",
    "this",
    "those",
    "to",
    "unwanted",
    "ur",
    "us",
    "via",
    "with",
    "your",
    "yours",
];

/// Filler words. "Please stop it now" consists of them and one word of [`ALONE`].
const POLITE: &[&str] = &[
    "all",
    "already",
    "again",
    "and",
    "can",
    "could",
    "forever",
    "hello",
    "hey",
    "hi",
    "i",
    "immediately",
    "it",
    "just",
    "kindly",
    "me",
    "now",
    "ok",
    "okay",
    "please",
    "pls",
    "plz",
    "right",
    "said",
    "sir",
    "thank",
    "thanks",
    "that",
    "the",
    "this",
    "thx",
    "today",
    "u",
    "us",
    "would",
    "you",
];

/// Words that sound like an opt-out if all the other words are [`POLITE`].
const ALONE: &[&str] =
    &["stop", "stopall", "quit", "goaway", "getlost", "fuckoff", "pissoff", "buggeroff", "sodoff"];

/// Pairs of words, each with the single word for which it counts.
const JOINED: &[(&str, &str, &str)] = &[
    ("do", "not", "dont"),
    ("did", "not", "didnt"),
    ("no", "longer", "nolonger"),
    ("no", "more", "nomore"),
    ("any", "more", "anymore"),
    ("opt", "out", "optout"),
    ("opting", "out", "optingout"),
    ("opted", "out", "optedout"),
    ("stop", "all", "stopall"),
    ("go", "away", "goaway"),
    ("get", "lost", "getlost"),
    ("fuck", "off", "fuckoff"),
    ("piss", "off", "pissoff"),
    ("bugger", "off", "buggeroff"),
    ("sod", "off", "sodoff"),
];

/// Words that negate the phrase after them: "please don't stop texting me".
const NEGATIONS: &[&str] = &["dont", "didnt", "doesnt", "never", "not"];

/// Removed before matching, so that "don't" becomes "dont".
const APOSTROPHES: &str = "'`\u{b4}\u{2bc}\u{2018}\u{2019}\u{ff07}";

/// Returns whether a message sounds like an opt-out.
#[must_use]
pub fn sounds_like_opt_out(text: &str) -> bool {
    let text: String = text.chars().filter(|character| !APOSTROPHES.contains(*character)).collect();
    let visible = clean_code(&text);
    let letters = visible.nfkd().filter(|character| !is_combining_mark(*character));
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    let words = joined(&words(&plain));
    is_alone(&words)
        || (0..words.len()).any(|at| {
            let (before, rest) = words.split_at(at);
            !is_negated(before) && PHRASES.iter().any(|phrase| begins_with(phrase, rest))
        })
}

/// Replaces each pair of words in [`JOINED`] by its single word.
fn joined<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut joined: Vec<&str> = Vec::with_capacity(words.len());
    for word in words {
        let pair =
            joined.last().and_then(|before| JOINED.iter().find(|(one, two, _)| (one, two) == (before, word)));
        match pair {
            Some((_, _, whole)) => {
                joined.pop();
                joined.push(whole);
            }
            None => joined.push(word),
        }
    }
    joined
}

/// Returns whether at least one word is from [`ALONE`] and all others are from [`ALONE`] or [`POLITE`]. Words of one
/// letter each are joined first ("S T O P").
fn is_alone(words: &[&str]) -> bool {
    let is_spelled = words.len() > 1 && words.iter().all(|word| word.chars().count() == 1);
    if is_spelled {
        return ALONE.contains(&words.concat().as_str());
    }
    words.iter().any(|word| ALONE.contains(word))
        && words.iter().all(|word| ALONE.contains(word) || POLITE.contains(word))
}

/// Returns whether the words before a phrase negate it. "If you don't" does not negate "stop texting me". "Did you"
/// does: the customer wants messages.
fn is_negated(before: &[&str]) -> bool {
    match before {
        [.., "did" | "didnt", "you" | "they"] => true,
        [earlier @ .., last] => {
            NEGATIONS.contains(last) && !earlier.iter().rev().take(3).any(|word| *word == "if")
        }
        [] => false,
    }
}

/// Returns whether the words begin with the phrase.
fn begins_with(phrase: &[Part], words: &[&str]) -> bool {
    match (phrase, words) {
        ([], _) => true,
        ([Any(choices), rest @ ..], [word, words @ ..]) => choices.contains(word) && begins_with(rest, words),
        ([Any(_), ..], []) => false,
        ([End, ..], words) => words.iter().all(|word| POLITE.contains(word)),
        ([Gap, rest @ ..], words) => {
            let linking = words.iter().take(LONGEST_GAP).take_while(|word| LINKING.contains(word)).count();
            (0..=linking).any(|length| words.get(length..).is_some_and(|words| begins_with(rest, words)))
        }
    }
}

#[cfg(test)]
mod tests;
