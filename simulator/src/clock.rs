//! The simulator's one look at the time. Nothing else here may ask the system for it.

use chrono::{DateTime, Utc};

/// Now. Twilio's own clock is not the desk's to set, so it is not injected.
#[expect(clippy::disallowed_methods, reason = "this is the simulator's clock")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
