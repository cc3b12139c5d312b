//! Twilio's errors: `{"code", "message", "more_info", "status"}`. The codes are Twilio's, since the server decides by
//! them whether to retry.

use hyper::{
    Body, Response, StatusCode,
    header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::json;

use crate::reply;

/// The error that a call is rejected with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The account or the token is wrong.
    Authenticate,
    NotFound {
        path: String,
    },
    MethodNotAllowed,
    TooManyRequests {
        retry_after: u32,
    },
    Internal,
    BodyMissing,
    FromMissing,
    ToMissing,
    ToInvalid {
        to: String,
    },
    FromNotOwned {
        from: String,
    },
    OptedOut,
    BodyTooLong,
    DateInvalid {
        value: String,
    },
    /// The code of an ordered fault.
    Ordered {
        code: u32,
    },
}

impl Refusal {
    const fn code(&self) -> u32 {
        match self {
            Self::Authenticate => 20_003,
            Self::NotFound { .. } => 20_404,
            Self::MethodNotAllowed => 20_004,
            Self::TooManyRequests { .. } => 20_429,
            Self::Internal => 20_500,
            Self::BodyMissing => 21_602,
            Self::FromMissing => 21_603,
            Self::ToMissing => 21_604,
            Self::ToInvalid { .. } => 21_211,
            Self::FromNotOwned { .. } => 21_606,
            Self::OptedOut => 21_610,
            Self::BodyTooLong => 21_617,
            Self::DateInvalid { .. } => 20_001,
            Self::Ordered { code } => *code,
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Authenticate => StatusCode::UNAUTHORIZED,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BodyMissing
            | Self::FromMissing
            | Self::ToMissing
            | Self::ToInvalid { .. }
            | Self::FromNotOwned { .. }
            | Self::OptedOut
            | Self::BodyTooLong
            | Self::DateInvalid { .. }
            | Self::Ordered { .. } => StatusCode::BAD_REQUEST,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Authenticate => "Authenticate".to_owned(),
            Self::NotFound { path } => format!("The requested resource {path} was not found"),
            Self::MethodNotAllowed => "Method not allowed".to_owned(),
            Self::TooManyRequests { .. } => "Too Many Requests".to_owned(),
            Self::Internal => "An internal server error has occurred".to_owned(),
            Self::BodyMissing => "Message body is required.".to_owned(),
            Self::FromMissing => "A 'From' phone number is required.".to_owned(),
            Self::ToMissing => "A 'To' phone number is required.".to_owned(),
            Self::ToInvalid { to } => format!("Invalid 'To' Phone Number: {to}"),
            Self::FromNotOwned { from } => format!(
                "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for this destination."
            ),
            Self::OptedOut => "Attempt to send to unsubscribed recipient".to_owned(),
            Self::BodyTooLong => "The concatenated message body exceeds the 1600 character limit".to_owned(),
            Self::DateInvalid { value } => format!("Invalid date: {value}"),
            Self::Ordered { code } => ordered_message(*code).to_owned(),
        }
    }

    /// Builds Twilio's error response.
    pub(crate) fn reply(&self) -> Response<Body> {
        let code = self.code();
        let mut reply = reply::json(
            self.status(),
            &json!({
                "code": code,
                "message": self.message(),
                "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
                "status": self.status().as_u16(),
            }),
        );
        match self {
            Self::TooManyRequests { retry_after } => {
                reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            Self::Authenticate => {
                let realm = HeaderValue::from_static("Basic realm=\"Twilio API\"");
                reply.headers_mut().insert(WWW_AUTHENTICATE, realm);
            }
            _ => {}
        }
        reply
    }
}

const fn ordered_message(code: u32) -> &'static str {
    match code {
        21_211 => "Invalid 'To' Phone Number",
        21_408 => {
            "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"
        }
        21_610 => "Attempt to send to unsubscribed recipient",
        21_612 => "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
        21_614 => "'To' number is not a valid mobile number",
        21_617 => "The concatenated message body exceeds the 1600 character limit",
        _ => "The simulator was ordered to reject this message",
    }
}
