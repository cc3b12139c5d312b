//! Classifies what a customer's message means for consent. Pure: no database.

use shared::consent::{ConsentSource, ConsentState};

use super::{
    keyword::{Keyword, keyword},
    wording::sounds_like_opt_out,
};

/// The meaning of a message for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// None.
    Other,
    /// It sets the state of consent. The source is `Keyword` if the message is that keyword, or else `Gateway`.
    Consent(ConsentState, ConsentSource),
    /// It asks for help, and the gateway has not answered.
    Help,
    /// It sounds like an opt-out; an agent decides.
    PossibleOptOut,
}

/// Classifies a message. `gateway` is the keyword that the gateway reports (`OptOutType`); it takes precedence.
pub(crate) fn meaning(body: &str, gateway: Option<Keyword>) -> Meaning {
    let own = keyword(body);
    let state = match gateway.or(own) {
        Some(Keyword::OptOut) => ConsentState::OptedOut,
        Some(Keyword::OptIn) => ConsentState::OptedIn,
        Some(Keyword::Help) if gateway.is_none() => return Meaning::Help,
        Some(Keyword::Help) => return Meaning::Other,
        None if sounds_like_opt_out(body) => return Meaning::PossibleOptOut,
        None => return Meaning::Other,
    };
    let is_in_message = gateway.is_none() || gateway == own;
    Meaning::Consent(state, if is_in_message { ConsentSource::Keyword } else { ConsentSource::Gateway })
}
