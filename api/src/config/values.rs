//! Reads single values. Each says on a fault which variable it was, what is wrong and what would be right.

use super::SettingFault;

/// A value that is set: an empty one, as container files pass on what is not, counts as none.
pub(super) fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}

pub(super) fn parsed<T: std::str::FromStr>(
    value: &Option<String>,
    default: &str,
    variable: &'static str,
    example: &'static str,
) -> Result<T, SettingFault> {
    let text = given(value).unwrap_or(default);
    text.parse().map_err(|_| SettingFault {
        variable,
        fault: format!("is {text:?}, which is not of the right form"),
        example,
    })
}

pub(super) fn within(
    value: &Option<String>,
    range: std::ops::RangeInclusive<u32>,
    default: u32,
    variable: &'static str,
    example: &'static str,
) -> Result<u32, SettingFault> {
    let number = parsed(value, &default.to_string(), variable, example)?;
    if range.contains(&number) {
        return Ok(number);
    }
    let fault = format!("is {number}, which is not within {} to {}", range.start(), range.end());
    Err(SettingFault { variable, fault, example })
}

pub(super) fn web_address(
    text: &str,
    variable: &'static str,
    example: &'static str,
) -> Result<String, SettingFault> {
    let address = text.trim_end_matches('/');
    let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains([' ', '?', '#']) => Ok(address.to_owned()),
        _ => Err(SettingFault {
            variable,
            fault: format!("is {text:?}, which is not an http(s) address"),
            example,
        }),
    }
}

pub(super) fn public_url(given: Option<&str>) -> Result<Option<String>, SettingFault> {
    given.map(|text| web_address(text, "SMS_CHAT_PUBLIC_URL", "https://desk.example.com")).transpose()
}
