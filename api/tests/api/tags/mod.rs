//! Tags, the catalogue that conversations are tagged from. (Tagging: `conversations::tags`.)

mod catalogue;
