//! The tests of the desk from outside: the real application on a private database, SQLite and PostgreSQL, with the
//! real simulator as its gateway, spoken to over HTTP. A file per noun.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test relies on may be broken by nothing but a fault, which ends the test"
)]

mod support;

mod access;
mod account_access;
mod account_authority;
mod accounts;
mod ad_hoc;
mod ad_hoc_idempotency;
mod ad_hoc_requests;
mod api_key_management;
mod api_keys;
mod assets;
mod bad_input;
mod chaos;
mod clean_text;
mod clock_changes;
mod closure_reasons;
mod closures;
mod commands;
mod consent_effects;
mod consent_ledger;
mod consents;
mod conversation_moved;
mod conversations;
mod cookies;
mod daily_file_failures;
mod daily_file_formats;
mod daily_file_history;
mod daily_file_turnover;
mod daily_files;
mod database;
mod delivery;
mod demo;
mod disk_full;
mod doctor_command;
mod durability;
mod events;
mod faults;
mod faults_document;
mod file_permissions;
mod gap_repair;
mod gap_repair_lists;
mod gateway_access;
mod health;
mod help_reply;
mod idempotency;
mod idempotency_everywhere;
mod import_command;
mod key_data;
mod media;
mod messages;
mod numbers;
mod openapi;
mod opt_out_wording;
mod outbox;
mod outbox_in_trouble;
mod own_credentials;
mod own_sessions;
mod permissions;
mod plans;
mod profile;
mod queue;
mod reconciliation;
mod rejected_messages;
mod request_limits;
mod requests;
mod search;
mod search_common_names;
mod search_folding;
mod security_log;
mod senders;
mod sessions;
mod sign_in_limits;
mod signatures;
mod team_members;
mod team_numbers;
mod teams;
mod template_changes;
mod template_fields;
mod templates;
mod unknown_teams;
mod webhooks;
