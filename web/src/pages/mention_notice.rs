//! The notice of a note that mentions the account: who wrote it, and a link to its conversation.

use leptos::prelude::*;
use shared::ids::{ConversationId, MessageId};

use crate::{
    api::{Client, RequestError},
    components::{notices::use_notices, person::title},
    session::{use_client, use_session},
    tasks::spawn_detached,
};

/// Fetches what the notice says, and shows it. Shows none on the page of the conversation, where the note appears.
pub(crate) fn show_mention(conversation: ConversationId, note: MessageId) -> AnyView {
    let (client, notices, session) = (use_client(), use_notices(), use_session());
    let account = session.account();
    let href = format!("/conversations/{conversation}");
    if window().location().pathname().is_ok_and(|here| here == href) {
        return ().into_any();
    }
    spawn_detached(async move {
        if let Ok(text) = text(client, conversation, note).await
            && session.account() == account
        {
            notices.link(text, href);
        }
    });
    ().into_any()
}

/// "Bo mentioned you in A-10021 · Maria Jones · +44 7700 900123"
async fn text(client: Client, conversation: ConversationId, note: MessageId) -> Result<String, RequestError> {
    let detail = client.get_conversation(conversation).await?;
    let page = client.list_messages(conversation, Some(MessageId(note.0 + 1)), 1).await?;
    let author = page.items.into_iter().find(|message| message.id == note).and_then(|note| note.sender.name);
    let author = author.unwrap_or_else(|| "A colleague".to_owned());
    Ok(format!("{author} mentioned you in {}", title(&detail.conversation)))
}
