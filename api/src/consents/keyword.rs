//! The keywords that opt a customer out, opt them in again, or ask for help. A keyword counts only as the whole
//! message. Pure: no database, no HTTP.

use shared::clean::clean_code;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Keywords that opt out: those of Twilio and of the CTIA, and their usual spellings.
const OPT_OUT: [&str; 13] = [
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "remove",
    "arret",
    "arrêt",
];
/// Keywords that opt in again.
const OPT_IN: [&str; 3] = ["start", "yes", "unstop"];
/// Keywords that ask for help.
const HELP: [&str; 2] = ["help", "info"];

/// The request that a keyword makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// To receive no more messages.
    OptOut,
    /// To receive messages again.
    OptIn,
    /// To learn the sender of the messages, and how to stop them.
    Help,
}

impl Keyword {
    /// Parses the gateway's `OptOutType`, in any case. `None` for an unknown value.
    #[must_use]
    pub fn of_gateway(opt_out_type: &str) -> Option<Self> {
        match opt_out_type.trim().to_ascii_uppercase().as_str() {
            "STOP" => Some(Self::OptOut),
            "START" => Some(Self::OptIn),
            "HELP" => Some(Self::Help),
            _ => None,
        }
    }
}

/// Returns the keyword of which a message consists.
///
/// Ignores case, full-width forms and invisible characters. For opt-out and help, also ignores punctuation and emoji
/// around and between the words (`Stop.`, `OPT-OUT`, `STOP 🛑`). Does not for opt-in, as carriers do not: `Yes.` may be
/// the answer to an agent's question.
#[must_use]
pub fn keyword(text: &str) -> Option<Keyword> {
    let visible = clean_code(text);
    let composed = visible.nfkc().filter(|character| !is_combining_mark(*character));
    let plain: String = composed.flat_map(char::to_lowercase).collect();
    if OPT_IN.contains(&plain.trim()) {
        return Some(Keyword::OptIn);
    }
    let mut words = words(&plain);
    // "STOP STOP STOP"
    words.dedup();
    let joined = words.join(" ");
    if OPT_OUT.contains(&joined.as_str()) {
        Some(Keyword::OptOut)
    } else if HELP.contains(&joined.as_str()) {
        Some(Keyword::Help)
    } else {
        None
    }
}

/// Splits a text into words, without punctuation and emoji.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    #[test]
    fn each_keyword_is_recognised_in_every_spelling() {
        for text in [
            "STOP",
            "stop",
            " Stop\n",
            "Stop.",
            "\"STOP\"",
            "«Stop!»",
            "STOP!!!",
            "(stop)",
            "stop...",
            "STOP 🛑",
            "👎 stop 👎🏽",
            "🙏🏾Stop🙏🏾",
            "STOP ❤️",
            "ＳＴＯＰ",
            "ｓｔｏｐ．",
            "\u{feff}STOP",
            "S\u{200b}T\u{200d}O\u{ad}P",
            "\u{202a}STOP\u{202c}",
            "\u{2066}stop\u{2069}",
            "S\u{336}T\u{336}O\u{336}P\u{336}",
            "𝐒𝐓𝐎𝐏",
            "STOP STOP",
            "Stop, stop, STOP!",
            "STOPALL",
            "Stop all",
            "STOP-ALL",
            "Stop  All.",
            "UNSUBSCRIBE",
            "Unsubscribe",
            "cancel",
            "END",
            "End.",
            "quit!",
            "Revoke",
            "optout",
            "OPT OUT",
            "OPT-OUT",
            "Opt\u{2011}out",
            "Opt – out.",
            "opt\u{a0}out",
            "OPT_OUT",
            "ＯＰＴ　ＯＵＴ",
            "REMOVE",
            "remove.",
            "ARRET",
            "Arrêt",
            "ARRE\u{302}T",
            "arrêt !",
        ] {
            assert_eq!(keyword(text), Some(Keyword::OptOut), "{text:?}");
        }
        for text in ["START", "yes", " Unstop ", "Start\n", "ＳＴＡＲＴ", "\u{200e}YES\u{200f}"] {
            assert_eq!(keyword(text), Some(Keyword::OptIn), "{text:?}");
        }
        for text in ["HELP", "help!", "Help?", "INFO", "info.", "ＨＥＬＰ", "Help 🙏"] {
            assert_eq!(keyword(text), Some(Keyword::Help), "{text:?}");
        }
    }

    #[test]
    fn a_keyword_counts_only_as_the_whole_message() {
        for text in [
            "",
            ".",
            "🛑",
            "please stop",
            "STOP texting me",
            "stop it",
            "bus stop",
            "stopp",
            "S T O P",
            "Stöp",
            "non-stop",
            "Re: move",
            "end of June",
            "cancel my order",
            "opt out of what?",
            "the end",
            "STOP 2",
            "Yes please",
            "Yes.",
            "YES!",
            "start 👍",
            "Start now",
            "help me",
            "more info",
            "St. op",
        ] {
            assert_eq!(keyword(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_opt_out_type_of_the_gateway_is_parsed_in_any_case() {
        for word in ["STOP", "stop", "Stop", " sTOP "] {
            assert_eq!(Keyword::of_gateway(word), Some(Keyword::OptOut), "{word}");
        }
        assert_eq!(Keyword::of_gateway("start"), Some(Keyword::OptIn));
        assert_eq!(Keyword::of_gateway("Help"), Some(Keyword::Help));
        for word in ["", "UNSTOP", "STOPPED", "something new"] {
            assert_eq!(Keyword::of_gateway(word), None, "{word}");
        }
    }

    proptest! {
        #[test]
        fn punctuation_and_emoji_around_an_opt_out_are_ignored(
            word in select(&OPT_OUT[..]),
            before in "[ .,!?\"'()*\u{200b}\u{202d}\u{feff}\u{2066}🛑❤️👍🏽\n\t-]{0,8}",
            after in "[ .,!?\"'()*\u{200b}\u{202d}\u{feff}\u{2066}🛑❤️👍🏽\n\t-]{0,8}",
            upper in any::<bool>(),
        ) {
            let word = if upper { word.to_uppercase() } else { word.to_owned() };
            prop_assert_eq!(keyword(&format!("{before}{word}{after}")), Some(Keyword::OptOut));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = keyword(&text);
        }
    }
}
