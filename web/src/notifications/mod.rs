//! Notifications: what happened in conversations that are the account's or unassigned,
//! as a notice in the app, as a notification of the system, and as a count in the title and on the icon of the tab.
//!
//! In reading order: [`news`] decides, this file follows the event stream, [`unread`] counts, [`system`] shows.

mod news;
pub(crate) mod system;
mod unread;

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{
    conversation::ConversationDetail,
    event::Event,
    ids::{ConversationId, MessageId},
    preferences::{Muted, NotificationKind},
};

use self::unread::Unread;
use crate::{
    api::{Client, RequestError},
    components::{
        notices::{Notices, use_notices},
        person::{isolated, title},
    },
    language::t,
    live::{Live, LiveUpdate, use_live},
    pages::queue::drafts,
    preferences,
    router::use_router,
    session::{Session, use_client, use_session},
    tasks::spawn_detached,
};

/// The dependencies of the listener.
#[derive(Clone, Copy)]
struct Follower {
    client: Client,
    live: Live,
    notices: Notices,
    session: Session,
    unread: Unread,
    /// The conversations that are being fetched for a notification. A burst of messages is one notification.
    fetching: StoredValue<BTreeSet<ConversationId>>,
}

/// Follows the event stream until the current owner is disposed. Shows nothing itself.
pub(crate) fn notifications() -> AnyView {
    let live = use_live();
    let follower = Follower {
        client: use_client(),
        live,
        notices: use_notices(),
        session: use_session(),
        unread: Unread::new(use_router()),
        fetching: StoredValue::new(BTreeSet::new()),
    };
    preferences::follow();
    drafts::follow();
    system::connect(use_router(), use_session());
    live.listen(move |update| {
        if let LiveUpdate::Event(event) = update {
            follower.follow(event);
        }
    });
    ().into_any()
}

impl Follower {
    fn follow(self, event: &Event) {
        let (Some(conversation), Some(own)) = (event.conversation_id, self.session.account()) else { return };
        if news::ends(event, own) {
            self.unread.remove(conversation);
        }
        let Some(kind) = news::kind(event, own).filter(|kind| !self.is_muted(event, *kind)) else { return };
        if is_on_screen(conversation) {
            return;
        }
        self.unread.add(conversation);
        let is_personal = matches!(kind, NotificationKind::Mention | NotificationKind::Given);
        // One tab of the browser speaks for all.
        let is_system = self.live.is_leading() && system::is_on();
        let is_first = self.fetching.try_update_value(|fetching| fetching.insert(conversation));
        if is_personal || (is_system && is_first == Some(true)) {
            let message = event.message_id;
            spawn_detached(async move {
                if let Ok(detail) = self.client.get_conversation(conversation).await
                    && let Ok(text) = self.text(kind, &detail, message).await
                    && self.session.account() == Some(own)
                {
                    self.show(&detail, &text, is_personal, is_system);
                }
                self.fetching.try_update_value(|fetching| fetching.remove(&conversation));
            });
        }
    }

    fn is_muted(self, event: &Event, kind: NotificationKind) -> bool {
        let Some(team_id) = event.team_id else { return false };
        untrack(|| self.session.preferences(|own| own.muted.contains(&Muted { team_id, kind })))
    }

    fn show(self, detail: &ConversationDetail, text: &str, is_personal: bool, is_system: bool) {
        let who = title(&detail.conversation);
        let path = format!("/conversations/{}", detail.conversation.id);
        if is_personal {
            self.notices.link(format!("{text}: {who}"), path.clone());
        }
        if is_system {
            system::show(who, format!("{text} · {}", isolated(&detail.team.name)), path);
        }
    }

    /// Says what happened: "Bo mentioned you".
    async fn text(
        self,
        kind: NotificationKind,
        detail: &ConversationDetail,
        message: Option<MessageId>,
    ) -> Result<String, RequestError> {
        let colleague = |name: Option<String>| {
            name.map_or_else(|| t!("A colleague").to_owned(), |name| isolated(&name).into_owned())
        };
        Ok(match kind {
            NotificationKind::Message => t!("New message").to_owned(),
            NotificationKind::Failure => t!("A message was not delivered").to_owned(),
            NotificationKind::Mention => {
                let author = match message {
                    Some(note) => self.author(detail.conversation.id, note).await?,
                    None => None,
                };
                t!("{name} mentioned you", name = colleague(author))
            }
            NotificationKind::Given => {
                let by = detail.assignment_note.as_ref().and_then(|note| note.by.clone());
                t!("{name} gave you this conversation", name = colleague(by))
            }
        })
    }

    async fn author(self, of: ConversationId, note: MessageId) -> Result<Option<String>, RequestError> {
        let page = self.client.list_messages(of, Some(MessageId(note.0 + 1)), 1).await?;
        Ok(page.items.into_iter().find(|message| message.id == note).and_then(|note| note.sender.name))
    }
}

/// Returns whether this tab shows the conversation to the agent.
fn is_on_screen(conversation: ConversationId) -> bool {
    let page = format!("/conversations/{conversation}");
    !document().hidden() && window().location().pathname().is_ok_and(|here| here == page)
}
