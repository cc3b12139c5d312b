//! Pieces that several pages use. A piece must never fetch anything by itself.

pub(crate) mod account_menu;
pub(crate) mod heading;
pub(crate) mod keyboard_help;
pub(crate) mod moment;
pub(crate) mod notices;
pub(crate) mod person;
pub(crate) mod placeholder;
pub(crate) mod shell;
pub(crate) mod table;
pub(crate) mod when;
