//! What an account has set for itself: appearance, language, keys, undo and notifications.

use serde::{Deserialize, Serialize};

use crate::ids::TeamId;

/// The choices of [`Preferences::undo_seconds`].
pub const UNDO_SECONDS: [u8; 3] = [0, 5, 10];

/// `GET` and `PUT /me/preferences`. A field that is left out has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Preferences {
    /// The colours of the app.
    pub theme: Theme,
    /// The language of the app.
    pub language: Language,
    /// Whether shortcuts of a single key work (WCAG 2.1.4).
    pub shortcuts: bool,
    /// For how many seconds a sent message can be undone: 0, 5 or 10.
    #[cfg_attr(feature = "openapi", serde(deserialize_with = "crate::whole::small"))]
    pub undo_seconds: u8,
    /// Whether a notification makes a sound.
    pub sound: bool,
    /// What the account wants no notifications of, each once.
    pub muted: Vec<Muted>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            language: Language::Browser,
            shortcuts: true,
            undo_seconds: 0,
            sound: true,
            muted: Vec::new(),
        }
    }
}

/// The colours of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Those of the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The language of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// That of the browser, or English if the app is not in that language.
    #[default]
    Browser,
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

/// A kind of notification of one team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Muted {
    /// The team.
    pub team_id: TeamId,
    /// The kind.
    pub kind: NotificationKind,
}

/// What a notification is about. The first two concern conversations that are the account's or unassigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// The customer wrote.
    Message,
    /// A message to the customer was not delivered.
    Failure,
    /// A note mentions the account.
    Mention,
    /// A colleague gave the account a conversation.
    Given,
}
