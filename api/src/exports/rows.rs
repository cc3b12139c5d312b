//! The columns of the files.

use shared::{
    conversation::{Conversation, ConversationStatus, NextAction, Origin},
    export::ExportedMessage,
    message::{Direction, SenderKind},
    segments::Encoding,
};

use crate::row_stream::{Cells, Row};

impl Row for ExportedMessage {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "conversation_id",
        "team_id",
        "team_number",
        "number",
        "ref",
        "name",
        "direction",
        "sender_kind",
        "sender_name",
        "body",
        "media",
        "segments",
        "encoding",
        "status",
        "error_code",
        "error_text",
        "created_at",
        "sent_at",
        "delivered_at",
        "template_id",
    ];

    fn write(&self, cells: &mut Cells) {
        cells.integer(self.id.0);
        cells.integer(self.conversation_id.0);
        cells.integer(self.team_id.0);
        cells.text(self.team_number.as_str());
        cells.text(self.number.as_str());
        cells.optional(self.reference.as_deref());
        cells.optional(self.name.as_deref());
        cells.word(match self.direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
            Direction::Note => "note",
        });
        cells.word(match self.sender.kind {
            SenderKind::Customer => "customer",
            SenderKind::Account => "account",
            SenderKind::ApiKey => "api_key",
            SenderKind::System => "system",
        });
        cells.optional(self.sender.name.as_deref());
        cells.text(&self.body);
        cells.word(&self.media.iter().map(|media| media.url.as_str()).collect::<Vec<_>>().join(" "));
        cells.integer(i64::from(self.segments));
        cells.word(match self.encoding {
            Encoding::Gsm7 => "gsm7",
            Encoding::Ucs2 => "ucs2",
        });
        cells.word(self.status.as_str());
        cells.optional(self.error.as_ref().map(|error| error.code.as_str()));
        cells.optional(self.error.as_ref().map(|error| error.text.as_str()));
        cells.time(self.created_at);
        cells.time(self.sent_at);
        cells.time(self.delivered_at);
        cells.integer(self.template_id.map(|id| id.0));
    }
}

impl Row for Conversation {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "team_id",
        "team_number",
        "number",
        "ref",
        "name",
        "status",
        "origin",
        "next_action",
        "waiting_since",
        "last_message_at",
        "opened_at",
        "closed_at",
        "closed_by",
        "closure_reason",
        "previous_id",
        "assigned_to",
        "attention",
        "tags",
    ];

    fn write(&self, cells: &mut Cells) {
        cells.integer(self.id.0);
        cells.integer(self.team_id.0);
        cells.text(self.team_number.as_str());
        cells.text(self.number.as_str());
        cells.optional(self.reference.as_deref());
        cells.optional(self.name.as_deref());
        cells.word(match self.status {
            ConversationStatus::Pending => "pending",
            ConversationStatus::Open => "open",
            ConversationStatus::Closed => "closed",
        });
        cells.word(match self.origin {
            Origin::Inbound => "inbound",
            Origin::Outbound => "outbound",
        });
        cells.word(match self.next_action {
            Some(NextAction::Agent) => "agent",
            Some(NextAction::Customer) => "customer",
            None => "",
        });
        cells.time(self.waiting_since);
        cells.time(self.last_message_at);
        cells.time(self.opened_at);
        cells.time(self.closed_at);
        cells.optional(self.closed_by.as_deref());
        cells.optional(self.closure_reason.as_deref());
        cells.integer(self.previous_id.map(|id| id.0));
        cells.optional(self.assigned_to.as_ref().map(|holder| holder.name.as_str()));
        cells.optional(self.attention.as_ref().map(|attention| attention.code.as_str()));
        cells.text(&self.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(", "));
    }
}
