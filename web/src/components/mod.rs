//! Components that several pages use. They do not fetch data themselves.

pub(crate) mod account_menu;
pub(crate) mod avatar;
pub(crate) mod checkboxes;
pub(crate) mod confirmation;
pub(crate) mod consent;
pub(crate) mod dialog;
pub(crate) mod form;
pub(crate) mod gateway_alarm;
pub(crate) mod heading;
pub(crate) mod icon;
pub(crate) mod keyboard_help;
pub(crate) mod language_switch;
pub(crate) mod more_button;
pub(crate) mod notices;
pub(crate) mod permission;
pub(crate) mod person;
pub(crate) mod placeholder;
pub(crate) mod rows;
pub(crate) mod shell;
pub(crate) mod table;
pub(crate) mod tags;
pub(crate) mod theme_switch;
pub(crate) mod timestamp;
pub(crate) mod viewers;
pub(crate) mod waiting;
pub(crate) mod when;
