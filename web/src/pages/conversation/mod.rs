//! One conversation: its thread, the composer, key data and closing. Once closed, it is read-only.
//!
//! What may be done is the server's word (`permitted_actions`); nothing here decides it.

mod bubble;
mod closed;
mod closing;
mod composer;
mod counter;
mod draft;
mod header;
mod key_data;
mod messages;
mod thread;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shared::{
    ErrorCode,
    conversation::{Action, ConversationDetail, ConversationStatus},
    event::EventKind,
    ids::ConversationId,
};

use self::{
    closed::ClosedBanner, closing::Closing, composer::Composer, header::Header, key_data::KeyDataPanel,
    messages::Messages, thread::Thread,
};
use super::not_found::nowhere;
use crate::{
    api::{Client, Fault},
    components::placeholder::{failed, skeleton},
    live::{News, coalesced, use_live},
    session::use_client,
    time_zone::Zone,
};

/// The page `/conversations/:id`.
#[component]
pub(crate) fn ConversationPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| {
        params
            .read()
            .get("id")
            .and_then(|id| id.parse::<ConversationId>().ok())
    });
    // Built anew for another conversation, so that nothing of the one before can stay.
    move || match id.get() {
        Some(id) => view! { <Room id /> }.into_any(),
        None => unknown(),
    }
}

fn unknown() -> AnyView {
    nowhere(
        "Conversation not found",
        "There is no such conversation, or it belongs to a team that you are not in.",
    )
}

/// What the pieces of the page share.
#[derive(Clone, Copy)]
struct Desk {
    client: Client,
    id: ConversationId,
    detail: RwSignal<Option<ConversationDetail>>,
    fault: RwSignal<Option<Fault>>,
    thread: Thread,
}

impl Desk {
    async fn fetch(self) {
        match self.client.get_conversation(self.id).await {
            Ok(detail) => {
                self.fault.try_set(None);
                self.show(detail);
            }
            Err(fault) => {
                self.fault.try_set(Some(fault));
            }
        }
    }

    fn show(self, detail: ConversationDetail) {
        let is_news = self
            .detail
            .try_with_untracked(|shown| shown.as_ref() != Some(&detail));
        if is_news == Some(true) {
            self.detail.set(Some(detail));
        }
    }

    /// Reads something of the conversation, as a signal.
    fn read<T: PartialEq + Send + Sync + Default + 'static>(
        self,
        read: fn(&ConversationDetail) -> T,
    ) -> Memo<T> {
        Memo::new(move |_| {
            self.detail
                .with(|detail| detail.as_ref().map(read).unwrap_or_default())
        })
    }
}

#[component]
fn Room(id: ConversationId) -> impl IntoView {
    let client = use_client();
    let detail = RwSignal::new(None);
    let desk = Desk {
        client,
        id,
        detail,
        fault: RwSignal::new(None),
        thread: Thread::new(client, id),
    };
    let fetch_detail = coalesced(move || desk.fetch());
    let fetch_messages = coalesced(move || desk.thread.fetch_newest());
    fetch_detail();
    fetch_messages();
    use_live().listen(move |news| match news {
        News::Event(event) if event.conversation_id != id => {}
        News::Event(event) => {
            fetch_messages();
            // A receipt changes the conversation only when it is a failure; asking is cheap.
            if event.kind != EventKind::MessageQueued {
                fetch_detail();
            }
        }
        News::Resumed => {
            fetch_messages();
            fetch_detail();
        }
    });
    let refetch = move || {
        fetch_messages();
        fetch_detail();
    };
    let arrived = Memo::new(move |_| desk.detail.with(Option::is_some));
    move || {
        if arrived.get() {
            return view! { <Open desk refetch /> }.into_any();
        }
        match desk.fault.get() {
            None => skeleton(8),
            Some(fault) if fault.code() == Some(ErrorCode::NotFound) => unknown(),
            Some(fault) => failed(&fault, refetch),
        }
    }
}

#[component]
fn Open(desk: Desk, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let zone = desk
        .detail
        .with_untracked(|detail| Zone::new(detail.as_ref().map_or("UTC", |detail| &detail.team.time_zone)));
    let is_closed = desk.read(|detail| detail.conversation.status == ConversationStatus::Closed);
    let may_reply = desk.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    let may_close = desk.read(|detail| detail.permitted_actions.contains(&Action::Close));
    let below = {
        let zone = zone.clone();
        move || {
            match (is_closed.get(), may_reply.get()) {
            (true, _) => view! { <ClosedBanner desk zone=zone.clone() /> }.into_any(),
            (false, true) => view! { <Composer desk refetch /> }.into_any(),
            (false, false) => view! {
                <p class="alert mt-3">
                    "You can read this conversation. Answering it needs the permission “reply”, which your account does not have."
                </p>
            }
            .into_any(),
        }
        }
    };
    let closing = move || match (is_closed.get(), may_close.get()) {
        (true, _) => ().into_any(),
        (false, true) => view! { <Closing desk refetch /> }.into_any(),
        (false, false) => view! {
            <p class="text-sm">
                "Closing this conversation needs the permission “close”, which your account does not have."
            </p>
        }
        .into_any(),
    };
    view! {
        <div class="flex min-h-0 flex-1 flex-col gap-3 lg:h-[calc(100dvh-5.1rem)] lg:flex-none">
            <Header desk zone=zone.clone() />
            <div class="grid min-h-0 flex-1 gap-4 lg:grid-cols-[minmax(0,1fr)_20rem] xl:grid-cols-[minmax(0,1fr)_24rem]">
                <div class="flex min-h-0 flex-col">
                    <Messages desk zone=zone.clone() />
                    {move || below()}
                </div>
                <aside aria-label="Customer and closing" class="flex flex-col gap-4 lg:overflow-y-auto">
                    <KeyDataPanel desk />
                    {move || closing()}
                </aside>
            </div>
        </div>
    }
}
