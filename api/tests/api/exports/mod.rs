//! Exports of messages and conversations.

mod files;
mod periods;
