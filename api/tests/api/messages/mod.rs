//! Messages: media, notes, scheduled messages, rejected messages and the automatic help reply.

mod help_reply;
mod media;
mod notes;
mod notes_migration;
mod rejected;
mod scheduled;
mod scheduled_changes;
mod scheduled_migration;
