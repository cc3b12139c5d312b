//! The tables of both databases. Column types are Diesel's, except [`UtcTimestamp`].

mod agents;
mod audit;
mod bulk;
mod importing;
mod notes;
mod scheduled;
mod search;
mod sending;
mod tagging;
mod webhooks;

pub(crate) use agents::{assigned_counts, drafts, preferences, presences, queue_counts};
pub(crate) use audit::{audit_entries, audit_retention, legal_holds, retention};
pub(crate) use bulk::{campaign_rows, campaigns};
pub(crate) use importing::{column_mappings, rejected_rows};
pub(crate) use notes::mentions;
pub(crate) use scheduled::scheduled_messages;
pub(crate) use search::{conversation_texts, search_folding};
pub(crate) use sending::{early_receipts, gateway_refusals, idempotency_keys, outbox, rejected_messages};
pub(crate) use tagging::{conversation_tags, tags};
pub(crate) use webhooks::{webhook_deliveries, webhook_endpoints, webhook_positions};

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    accounts (id) {
        id -> BigInt,
        email -> Text,
        display_name -> Text,
        role -> Text,
        permissions -> Text,
        password_hash -> Text,
        created_at -> UtcTimestamp,
        disabled_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    sessions (id) {
        id -> BigInt,
        account_id -> BigInt,
        created_at -> UtcTimestamp,
        revoked_at -> Nullable<UtcTimestamp>,
        last_used_at -> UtcTimestamp,
        user_agent -> Text,
        address -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    refresh_tokens (token_hash) {
        token_hash -> Text,
        session_id -> BigInt,
        issued_at -> UtcTimestamp,
        expires_at -> UtcTimestamp,
        used_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    teams (id) {
        id -> BigInt,
        name -> Text,
        region -> Text,
        time_zone -> Text,
        created_at -> UtcTimestamp,
        help_reply -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    team_numbers (number) {
        number -> Text,
        team_id -> BigInt,
        compared_until -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    team_members (team_id, account_id) {
        team_id -> BigInt,
        account_id -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    closure_reasons (id) {
        id -> BigInt,
        team_id -> Nullable<BigInt>,
        name -> Text,
        position -> Integer,
        archived_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    templates (id) {
        id -> BigInt,
        team_id -> Nullable<BigInt>,
        name -> Text,
        body -> Text,
        position -> Integer,
        archived_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    daily_files (id) {
        id -> BigInt,
        team_id -> BigInt,
        file_date -> Date,
        key_data_columns -> Text,
        is_current -> Bool,
        created_at -> UtcTimestamp,
        state -> Text,
        held_until -> Nullable<UtcTimestamp>,
        refreshed -> Bool,
        rows -> BigInt,
        accepted -> BigInt,
        rejected_rows -> BigInt,
        created_by -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    customers (daily_file_id, number, line) {
        daily_file_id -> BigInt,
        number -> Text,
        line -> BigInt,
        #[sql_name = "ref"]
        reference -> Text,
        name -> Text,
        key_data -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    conversations (id) {
        id -> BigInt,
        team_id -> BigInt,
        team_number -> Text,
        number -> Text,
        #[sql_name = "ref"]
        reference -> Nullable<Text>,
        name -> Nullable<Text>,
        status -> Text,
        origin -> Text,
        next_action -> Nullable<Text>,
        waiting_since -> UtcTimestamp,
        last_message_at -> Nullable<UtcTimestamp>,
        attention_code -> Nullable<Text>,
        attention_text -> Nullable<Text>,
        opened_at -> UtcTimestamp,
        closed_at -> Nullable<UtcTimestamp>,
        closed_by -> Nullable<Text>,
        closed_by_id -> Nullable<BigInt>,
        closure_reason -> Nullable<Text>,
        closure_reason_id -> Nullable<BigInt>,
        closure_note -> Nullable<Text>,
        previous_id -> Nullable<BigInt>,
        unread -> Integer,
        active_at -> UtcTimestamp,
        assigned_to -> Nullable<BigInt>,
        assignment_note -> Nullable<Text>,
        assigned_by -> Nullable<Text>,
        cancelled_messages -> Integer,
        snoozed_until -> Nullable<UtcTimestamp>,
        snoozed_by -> Nullable<Text>,
        snooze_note -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    messages (id) {
        id -> BigInt,
        conversation_id -> BigInt,
        direction -> Text,
        sender_kind -> Text,
        sender_id -> Nullable<BigInt>,
        sender_name -> Nullable<Text>,
        body -> Text,
        media -> Text,
        segments -> Integer,
        encoding -> Text,
        status -> Text,
        error_code -> Nullable<Text>,
        created_at -> UtcTimestamp,
        sent_at -> Nullable<UtcTimestamp>,
        delivered_at -> Nullable<UtcTimestamp>,
        template_id -> Nullable<BigInt>,
        gateway_id -> Nullable<Text>,
        idempotency_key -> Nullable<Text>,
        request_digest -> Nullable<Text>,
        recovered -> Bool,
        send_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    events (id) {
        id -> BigInt,
        kind -> Text,
        team_id -> Nullable<BigInt>,
        conversation_id -> Nullable<BigInt>,
        message_id -> Nullable<BigInt>,
        account_id -> Nullable<BigInt>,
        at -> UtcTimestamp,
        consent_id -> Nullable<BigInt>,
        daily_file_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    consents (id) {
        id -> BigInt,
        team_number -> Text,
        number -> Text,
        state -> Text,
        source -> Text,
        by_kind -> Text,
        by_id -> Nullable<BigInt>,
        by_name -> Nullable<Text>,
        message_id -> Nullable<BigInt>,
        note -> Nullable<Text>,
        created_at -> UtcTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    api_keys (id) {
        id -> BigInt,
        name -> Text,
        key_hash -> Text,
        hint -> Text,
        permissions -> Text,
        created_by -> Text,
        created_at -> UtcTimestamp,
        last_used_at -> Nullable<UtcTimestamp>,
        revoked_at -> Nullable<UtcTimestamp>,
        expires_at -> Nullable<UtcTimestamp>,
        previous_hash -> Nullable<Text>,
        previous_hint -> Nullable<Text>,
        previous_expires_at -> Nullable<UtcTimestamp>,
        previous_used_at -> Nullable<UtcTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::UtcTimestamp;

    api_key_teams (api_key_id, team_id) {
        api_key_id -> BigInt,
        team_id -> BigInt,
    }
}

diesel::table! {
    storage_probe (id) {
        id -> BigInt,
        filler -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    sessions,
    refresh_tokens,
    teams,
    team_numbers,
    team_members,
    closure_reasons,
    templates,
    daily_files,
    customers,
    rejected_rows,
    column_mappings,
    assigned_counts,
    campaign_rows,
    campaigns,
    conversations,
    drafts,
    conversation_tags,
    conversation_texts,
    messages,
    mentions,
    outbox,
    early_receipts,
    gateway_refusals,
    idempotency_keys,
    events,
    consents,
    api_keys,
    api_key_teams,
    webhook_endpoints,
    webhook_deliveries
);
