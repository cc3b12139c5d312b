//! Messages: media, rejected messages and the automatic help reply.

mod help_reply;
mod media;
mod notes;
mod notes_migration;
mod rejected;
