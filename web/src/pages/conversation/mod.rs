//! One conversation: its thread, the composer, key data and closing. Once closed, it is read-only.
//!
//! What may be done is the server's word (`permitted_actions`); nothing here decides it.

mod again;
mod bubble;
mod closed;
mod closing;
mod composer;
pub(crate) mod consent;
mod draft;
mod flagged;
mod header;
mod key_data;
mod media;
mod messages;
mod moved;
mod scroll;
mod templates;
mod thread;
mod writing;

use leptos::prelude::*;
use shared::{
    ErrorCode,
    account::Permission,
    consent::ConsentState,
    conversation::{Action, ConversationDetail, ConversationStatus},
    event::{Event, EventKind},
    ids::{ConversationId, TeamId},
};

use self::{
    closed::ClosedBanner, closing::Closing, composer::Composer, header::Header, key_data::KeyDataPanel,
    messages::Messages, thread::Thread,
};
use super::{
    lazy::{Lazy, LazyPage},
    not_found::nowhere,
};
use crate::{
    api::{Client, Fault},
    components::{
        placeholder::{failed, skeleton},
        when::when,
    },
    live::{News, coalesced, use_live},
    session::{use_client, use_session},
    time_zone::Zone,
};

fn unknown() -> AnyView {
    nowhere(
        "Conversation not found",
        "This conversation does not exist, or it belongs to a team that you are not in.",
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
    /// The ref of the customer whose values fill the templates, picked among several who share the number.
    picked: RwSignal<Option<String>>,
    /// Fetches conversation and messages anew.
    refetch: Callback<()>,
}

impl Desk {
    /// Whether the conversation belongs to the team that an event names; nobody knows before it has arrived.
    fn is_of(self, team: Option<TeamId>) -> bool {
        self.detail.with_untracked(|detail| {
            detail.as_ref().is_some_and(|detail| team.is_none_or(|team| team == detail.team.id))
        })
    }

    /// Whether what happened to the team may have changed this conversation, with none named: the customer has opted
    /// out or in again, or a new daily file knows another name.
    fn is_concerned(self, event: &Event) -> bool {
        matches!(event.kind, EventKind::ConsentChanged | EventKind::TeamChanged)
            && event.conversation_id.is_none()
            && self.is_of(event.team_id)
    }

    fn show(self, detail: ConversationDetail) {
        show(self.detail, detail);
    }

    /// Reads something of the conversation, as a signal.
    fn read<T: PartialEq + Send + Sync + Default + 'static>(
        self,
        read: fn(&ConversationDetail) -> T,
    ) -> Memo<T> {
        Memo::new(move |_| self.detail.with(|detail| detail.as_ref().map(read).unwrap_or_default()))
    }
}

async fn fetch(
    client: Client,
    id: ConversationId,
    shown: RwSignal<Option<ConversationDetail>>,
    fault: RwSignal<Option<Fault>>,
) {
    match client.get_conversation(id).await {
        Ok(detail) => {
            fault.try_set(None);
            show(shown, detail);
        }
        Err(met) => {
            fault.try_set(Some(met));
        }
    }
}

/// Shows what was fetched, if it is news: nothing is drawn again for nothing.
fn show(shown: RwSignal<Option<ConversationDetail>>, detail: ConversationDetail) {
    if shown.try_with_untracked(|shown| shown.as_ref() != Some(&detail)) == Some(true) {
        shown.set(Some(detail));
    }
}

/// The page `/conversations/:id`.
#[component]
pub(crate) fn ConversationPage(
    /// Which one; the page is built anew for another, so that nothing of the one before can stay.
    id: ConversationId,
) -> impl IntoView {
    let client = use_client();
    let detail = RwSignal::new(None);
    let fault = RwSignal::new(None);
    let thread = Thread::new(client, id);
    let fetch_detail = coalesced(move || fetch(client, id, detail, fault));
    let fetch_messages = coalesced(move || thread.fetch_newest());
    let refetch = Callback::new(move |()| {
        fetch_messages.run(());
        fetch_detail.run(());
    });
    let desk = Desk { client, id, detail, fault, thread, picked: RwSignal::new(None), refetch };
    provide_context(desk);
    refetch.run(());
    use_live().listen(move |news| match news {
        News::Event(event) if desk.is_concerned(event) => fetch_detail.run(()),
        News::Event(event) if event.conversation_id != Some(id) => {}
        News::Event(_) | News::Opened => refetch.run(()),
    });
    let arrived = Memo::new(move |_| desk.detail.with(Option::is_some));
    let body = move || {
        if arrived.get() {
            return view! { <Open desk /> }.into_any();
        }
        match desk.fault.get() {
            None => skeleton(8),
            Some(fault) if fault.code() == Some(ErrorCode::NotFound) => unknown(),
            Some(fault) => failed(&fault, refetch),
        }
    };
    view! { {move || body()} }
}

#[component]
fn Open(desk: Desk) -> impl IntoView {
    let zone = desk
        .detail
        .with_untracked(|detail| Zone::new(detail.as_ref().map_or("UTC", |detail| &detail.team.time_zone)));
    let is_closed = desk.read(|detail| detail.conversation.status == ConversationStatus::Closed);
    let may_reply = desk.read(|detail| detail.permitted_actions.contains(&Action::Reply));
    let may_close = desk.read(|detail| detail.permitted_actions.contains(&Action::Close));
    let can_reply = desk.read(|detail| detail.conversation.can_reply);
    let is_opted_out = desk.read(|detail| {
        detail.consent.as_ref().is_some_and(|consent| consent.state == ConsentState::OptedOut)
    });
    let below = {
        let zone = zone.clone();
        move || {
            if is_closed.get() {
                return view! { <ClosedBanner desk zone=zone.clone() /> }.into_any();
            }
            if !can_reply.get() {
                return view! {
                    <p class="alert mt-3">
                        "This sender is a short code or a name, which cannot receive messages. Read the conversation, then close it."
                    </p>
                }
                .into_any();
            }
            match (may_reply.get(), is_opted_out.get()) {
                (true, _) => view! { <Composer desk /> }.into_any(),
                (false, true) => view! { <LazyPage page=Lazy::OptedOut /> }.into_any(),
                (false, false) => view! {
                    <p class="alert mt-3">
                        "You need the permission “Answer customers” to reply. Ask an administrator."
                    </p>
                }
                .into_any(),
            }
        }
    };
    let may_manage = use_session().me().is_some_and(|me| me.may(Permission::ManageTeam));
    let consent = move || match (is_opted_out.get(), is_closed.get()) {
        // Nothing is ever sent there.
        _ if !can_reply.get() => ().into_any(),
        (true, true) => view! { <LazyPage page=Lazy::OptedOut /> }.into_any(),
        (false, _) if may_manage => opting_out(),
        _ => ().into_any(),
    };
    let closing = move || {
        match (is_closed.get(), may_close.get()) {
        (true, _) => ().into_any(),
        (false, true) => view! { <Closing desk /> }.into_any(),
        (false, false) => view! {
            <p class="text-sm">
                "You need the permission “Close conversations” to close this conversation. Ask an administrator."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <div class="flex min-h-0 flex-1 flex-col gap-3 lg:h-[calc(100dvh-2.1rem-var(--header,3rem)-var(--alarm,0rem))] lg:flex-none">
            <Header desk zone=zone.clone() />
            <div class="grid min-h-0 flex-1 gap-4 lg:grid-cols-[minmax(0,1fr)_20rem] xl:grid-cols-[minmax(0,1fr)_24rem]">
                <div class="flex min-h-0 flex-col">
                    <Messages desk zone=zone.clone() />
                    {move || below()}
                </div>
                <aside aria-label="Customer and closing" class="flex flex-col gap-4 lg:overflow-y-auto">
                    <KeyDataPanel desk />
                    {move || closing()}
                    {move || consent()}
                </aside>
            </div>
        </div>
    }
}

/// Recording that the customer opted out in another way than by a text; seldom needed.
fn opting_out() -> AnyView {
    let opened = RwSignal::new(false);
    view! {
        <details class="rounded-box border border-base-300 p-4">
            <summary class="cursor-pointer text-sm" on:click=move |_| opened.set(true)>
                "Record opt-out"
            </summary>
            {when(move || opened.get(), || view! { <LazyPage page=Lazy::OptOut /> }.into_any())}
        </details>
    }
    .into_any()
}
