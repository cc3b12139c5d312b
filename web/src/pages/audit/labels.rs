//! The words of the audit log on the screen.

use shared::audit_entry::{AuditAction, AuditActor, AuditActorKind, AuditSubject, AuditSubjectKind};

use crate::language::t;

/// Returns what was done.
pub(super) fn action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SignedIn => t!("Signed in"),
        AuditAction::SignInRefused => t!("Sign-in refused"),
        AuditAction::LockedOut => t!("Locked out for some minutes"),
        AuditAction::SignedOut => t!("Signed out"),
        AuditAction::SessionEnded => t!("Session ended"),
        AuditAction::RefreshTokenReused => t!("Copied session ended"),
        AuditAction::CurrentPasswordWrong => t!("Current password wrong"),
        AuditAction::KeyDataViewed => t!("Key data viewed"),
        AuditAction::ConversationSearched => t!("Conversations searched"),
        AuditAction::ConversationClosed => t!("Conversation closed"),
        AuditAction::ConsentChanged => t!("Opt-out or opt-in recorded"),
        AuditAction::DailyFileImported => t!("Daily file imported"),
        AuditAction::DailyFileRestored => t!("Daily file restored"),
        AuditAction::RejectedRowsViewed => t!("Rejected rows downloaded"),
        AuditAction::ColumnMappingChanged => t!("Columns of daily files changed"),
        AuditAction::TemplateCreated => t!("Template created"),
        AuditAction::TemplateChanged => t!("Template changed"),
        AuditAction::TemplateDeleted => t!("Template deleted"),
        AuditAction::ClosureReasonCreated => t!("Closure reason created"),
        AuditAction::ClosureReasonChanged => t!("Closure reason changed"),
        AuditAction::ClosureReasonDeleted => t!("Closure reason deleted"),
        AuditAction::TagCreated => t!("Tag created"),
        AuditAction::TagChanged => t!("Tag changed"),
        AuditAction::TagDeleted => t!("Tag deleted"),
        AuditAction::TeamCreated => t!("Team created"),
        AuditAction::TeamChanged => t!("Team changed"),
        AuditAction::TeamNumberAdded => t!("Number added to the team"),
        AuditAction::TeamNumberRemoved => t!("Number removed from the team"),
        AuditAction::TeamMemberAdded => t!("Member added to the team"),
        AuditAction::TeamMemberRemoved => t!("Member removed from the team"),
        AuditAction::AccountCreated => t!("Account created"),
        AuditAction::AccountChanged => t!("Account changed"),
        AuditAction::PasswordChanged => t!("Password changed"),
        AuditAction::ApiKeyCreated => t!("API key created"),
        AuditAction::ApiKeyRotated => t!("New secret of an API key"),
        AuditAction::ApiKeyOverlapEnded => t!("Old secret of an API key ended"),
        AuditAction::ApiKeyRevoked => t!("API key revoked"),
        AuditAction::WebhookEndpointCreated => t!("Webhook created"),
        AuditAction::WebhookEndpointChanged => t!("Webhook changed"),
        AuditAction::WebhookEndpointDeleted => t!("Webhook deleted"),
        AuditAction::WebhookSecretRotated => t!("New secret of a webhook"),
        AuditAction::CampaignCreated => t!("Campaign created"),
        AuditAction::CampaignChanged => t!("Campaign changed"),
        AuditAction::CampaignStateChanged => t!("Campaign started, paused or cancelled"),
        AuditAction::CampaignDeleted => t!("Campaign deleted"),
        AuditAction::DataExported => t!("Data exported"),
        AuditAction::CustomerErased => t!("Customer erased"),
        AuditAction::LegalHoldSet => t!("Legal hold set"),
        AuditAction::LegalHoldLifted => t!("Legal hold lifted"),
        AuditAction::RetentionChanged => t!("Retention changed"),
        AuditAction::RetentionRan => t!("Old data removed"),
        AuditAction::AuditExported => t!("Audit log exported"),
    }
}

/// Returns what kind of actor it is; nothing for an account, which its name shows.
pub(super) fn actor_kind(actor: &AuditActor) -> Option<&'static str> {
    match actor.kind {
        AuditActorKind::Account => None,
        AuditActorKind::ApiKey => Some(t!("API key")),
        AuditActorKind::System => Some(t!("System")),
        AuditActorKind::Anonymous => Some(t!("Not signed in")),
    }
}

/// Returns what an entry is about: "Template “Greeting”", or "Conversation 12".
pub(super) fn subject(subject: &AuditSubject) -> String {
    let kind = match subject.kind {
        AuditSubjectKind::Account => t!("Account"),
        AuditSubjectKind::Session => t!("Session"),
        AuditSubjectKind::ApiKey => t!("API key"),
        AuditSubjectKind::WebhookEndpoint => t!("Webhook"),
        AuditSubjectKind::Team => t!("Team"),
        AuditSubjectKind::Template => t!("Template"),
        AuditSubjectKind::ClosureReason => t!("Closure reason"),
        AuditSubjectKind::Tag => t!("Tag"),
        AuditSubjectKind::DailyFile => t!("Daily file"),
        AuditSubjectKind::Conversation => t!("Conversation"),
        AuditSubjectKind::Campaign => t!("Campaign"),
        AuditSubjectKind::LegalHold => t!("Legal hold"),
        AuditSubjectKind::Consent => t!("Opt-out"),
    };
    match &subject.label {
        Some(label) => format!("{kind} “{label}”"),
        None => format!("{kind} {}", subject.id),
    }
}

/// Returns the name of a detail.
pub(super) fn detail(name: &str) -> String {
    let known = match name {
        "term" => t!("Searched for"),
        "results" => t!("Results on the first page"),
        "fields" => t!("Changed"),
        "role" => t!("Role"),
        "permissions" => t!("Permissions"),
        "team_ids" => t!("Teams"),
        "number" => t!("Number"),
        "sessions" => t!("Sessions"),
        "state" => t!("State"),
        "closure_reason" => t!("Closure reason"),
        "accepted_rows" => t!("Accepted"),
        "rejected_rows" => t!("Rejected"),
        "previous_name" => t!("Previous name"),
        "archived" => t!("Archived"),
        "file" => t!("File"),
        "file_date" => t!("Date of the file"),
        "number_hash" => t!("Hash of the number"),
        "reason" => t!("Reason"),
        "conversations" => t!("Conversations"),
        "messages" => t!("Messages"),
        "customers" => t!("Rows of daily files"),
        "consents" => t!("Opt-outs and opt-ins"),
        "covers" => t!("Covers"),
        "conversation_days" => t!("Days of conversations"),
        "key_data_days" => t!("Days of earlier daily files"),
        "audit_days" => t!("Days of the audit log"),
        "campaign_rows" => t!("Rows of campaigns"),
        "daily_files" => t!("Daily files"),
        "audit_entries" => t!("Audit log"),
        "from" => t!("From"),
        "until" => t!("Until"),
        "action" => t!("What"),
        "disabled" => t!("Disabled"),
        other => return other.to_owned(),
    };
    known.to_owned()
}

/// Returns the value of a detail, if it is a word of the server.
pub(super) fn value<'a>(name: &str, value: &'a str) -> &'a str {
    match (name, value) {
        ("disabled", "failing") => t!("Attempts failed"),
        ("disabled", "gone") => t!("Gone (410)"),
        ("action", "run") => t!("Start or resume"),
        ("action", "pause") => t!("Pause"),
        ("action", "cancel") => t!("Cancel"),
        ("file", "messages") => t!("Messages"),
        ("file", "conversations") => t!("Conversations"),
        ("conversation_days" | "key_data_days" | "audit_days", "kept") => t!("kept"),
        _ => value,
    }
}
