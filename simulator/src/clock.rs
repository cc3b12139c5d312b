//! The simulator's clock. `clippy.toml` disallows reading the time elsewhere.

use chrono::{DateTime, Utc};

/// Returns the current time. It is not injected, since the server's tests cannot set Twilio's clock either.
#[expect(clippy::disallowed_methods, reason = "this is the simulator's clock")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
