//! The settings of the webhooks that the server sends to the teams' endpoints.

use chrono::TimeDelta;

use super::{SettingArgs, SettingError, values::non_empty};

/// How long a delivery waits before each further attempt, in seconds (the example of the Standard Webhooks specification).
const RETRIES: &str = "5,300,1800,7200,18000,36000,36000";
/// Maximum number of further attempts.
const MAX_RETRIES: usize = 20;
/// Longest wait before an attempt, in seconds.
const MAX_WAIT: u32 = 86_400;

/// The settings of the webhooks that the server sends.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Whether private and loopback addresses, and HTTP without TLS, are allowed.
    pub private_addresses: bool,
    /// How long a delivery waits before each further attempt.
    pub retries: Vec<TimeDelta>,
}

pub(super) fn read(args: &SettingArgs) -> Result<WebhookSettings, SettingError> {
    let private_addresses = match non_empty(&args.webhook_private_addresses) {
        None | Some("off") => false,
        Some("on") => true,
        Some(other) => {
            return Err(SettingError {
                variable: "SMS_CHAT_WEBHOOK_PRIVATE_ADDRESSES",
                problem: format!("is {other:?}, but must be on or off"),
                example: "off",
            });
        }
    };
    let text = non_empty(&args.webhook_retries).unwrap_or(RETRIES);
    let retries = waits(text).ok_or_else(|| SettingError {
        variable: "SMS_CHAT_WEBHOOK_RETRIES",
        problem: format!("is {text:?}, but must be 1 to {MAX_RETRIES} numbers of seconds up to {MAX_WAIT}"),
        example: RETRIES,
    })?;
    Ok(WebhookSettings { private_addresses, retries })
}

fn waits(text: &str) -> Option<Vec<TimeDelta>> {
    let parsed: Option<Vec<u32>> =
        text.split(',').map(|wait| wait.trim().parse().ok().filter(|wait| *wait <= MAX_WAIT)).collect();
    let parsed = parsed.filter(|waits| waits.len() <= MAX_RETRIES)?;
    Some(parsed.into_iter().map(|wait| TimeDelta::seconds(wait.into())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_are_seconds_separated_by_commas() {
        let seconds = |text| waits(text).map(|waits| waits.iter().map(TimeDelta::num_seconds).collect());
        assert_eq!(seconds("0, 5,86400"), Some(vec![0, 5, 86_400]));
        assert_eq!(waits(RETRIES).map(|waits| waits.len()), Some(7));
        for wrong in ["", ",", "-1", "5s", "86401", "1;2", &["1"; 21].join(",")] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
