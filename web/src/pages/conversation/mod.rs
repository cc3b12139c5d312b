//! The conversation page: thread, composer, key data and closing. A closed conversation is read-only.
//!
//! The server decides which actions are available (`permitted_actions`).

mod assignment;
mod attention;
mod bubble;
mod closed;
mod closing;
mod composer;
pub(crate) mod consent;
pub(crate) mod give;
mod header;
mod held;
mod history;
mod key_data;
pub(crate) mod list;
mod media;
mod mentions;
mod messages;
mod note;
mod prefetch;
mod presence;
mod reply;
mod reply_form;
mod resend;
mod schedule;
mod scheduled;
mod scheduled_edit;
mod scroll;
mod snooze;
pub(crate) mod snooze_form;
pub(crate) mod tag_form;
mod tags;
mod templates;
mod thread;
pub(crate) mod times;
mod undo;

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
    closing::Closing, composer::ComposerArea, header::Header, key_data::KeyDataPanel, messages::Messages,
    presence::Reporter, scheduled::Scheduling, scheduled_edit::edit_dialog, tags::tags, thread::Thread,
};
use super::{
    lazy::{Lazy, LazyPage},
    not_found::not_found,
};
use crate::{
    api::{Client, RequestError},
    components::{
        placeholder::{failed, skeleton},
        when::when,
    },
    language::t,
    live::{LiveState, LiveUpdate, coalesce_soon, use_live},
    session::{use_client, use_session},
    time_zone::Zone,
};

/// A part of the panel beside the thread: a box, or in the workspace a stripe of the panel.
const PANEL: &str = "rounded-box border border-edge p-4 xl:rounded-none xl:border-x-0 xl:border-t-0";

fn conversation_not_found() -> AnyView {
    not_found(
        t!("Conversation not found"),
        t!("This conversation does not exist, or it belongs to a team that you are not in."),
    )
}

/// Shared state of the page's components.
#[derive(Clone, Copy)]
struct ConversationContext {
    client: Client,
    id: ConversationId,
    detail: RwSignal<Option<ConversationDetail>>,
    error: RwSignal<Option<RequestError>>,
    thread: Thread,
    /// Ref of the customer whose values the templates use, if the agent has picked one of several with this number.
    picked: RwSignal<Option<String>>,
    /// Whether the dialog that gives the conversation to a colleague is open.
    giving: RwSignal<bool>,
    /// Whether the dialog that snoozes the conversation is open.
    snoozing: RwSignal<bool>,
    /// Whether the dialog that changes the tags is open.
    tagging: RwSignal<bool>,
    /// Whether the agent has chosen to write a note, and not a reply.
    writes_note: RwSignal<bool>,
    /// The scheduled messages.
    scheduling: Scheduling,
    /// Refetches the conversation and its messages.
    refetch: Callback<()>,
}

impl ConversationContext {
    /// Returns whether the conversation belongs to `team`; `None` means all teams. `false` until the conversation is
    /// loaded.
    fn belongs_to(self, team: Option<TeamId>) -> bool {
        self.detail.with_untracked(|detail| {
            detail.as_ref().is_some_and(|detail| team.is_none_or(|team| team == detail.team.id))
        })
    }

    /// Returns whether an event that names no conversation may have changed this one: the customer has opted out or in,
    /// or a new daily file has another name.
    fn is_affected_by(self, event: &Event) -> bool {
        matches!(event.kind, EventKind::ConsentChanged | EventKind::TeamChanged)
            && event.conversation_id.is_none()
            && self.belongs_to(event.team_id)
    }

    fn show(self, detail: ConversationDetail) {
        show(self.detail, detail);
    }

    /// Derives a signal from the conversation. It has the default value until the conversation is loaded.
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
    error: RwSignal<Option<RequestError>>,
) {
    match client.get_conversation(id).await {
        Ok(detail) => {
            error.try_set(None);
            show(shown, detail);
        }
        Err(new_error) => {
            error.try_set(Some(new_error));
        }
    }
}

/// Stores a fetched conversation, unless it is unchanged: setting the signal would redraw the page.
fn show(shown: RwSignal<Option<ConversationDetail>>, detail: ConversationDetail) {
    if shown.try_with_untracked(|shown| shown.as_ref() != Some(&detail)) == Some(true) {
        shown.set(Some(detail));
    }
}

/// The page `/conversations/:id`.
#[component]
pub(crate) fn ConversationPage(
    /// The conversation. The page is rebuilt for another id, so that no state of the previous one remains.
    id: ConversationId,
) -> impl IntoView {
    let client = use_client();
    let detail = RwSignal::new(None);
    let error = RwSignal::new(None);
    let thread = Thread::new(client, id);
    let fetch_detail = coalesce_soon(move || fetch(client, id, detail, error));
    let fetch_messages = coalesce_soon(move || thread.fetch_newest());
    let refetch = Callback::new(move |()| {
        fetch_messages.run(());
        fetch_detail.run(());
    });
    let context = ConversationContext {
        client,
        id,
        detail,
        error,
        thread,
        picked: RwSignal::new(None),
        giving: RwSignal::new(false),
        snoozing: RwSignal::new(false),
        tagging: RwSignal::new(false),
        writes_note: RwSignal::new(false),
        scheduling: Scheduling::new(),
        refetch,
    };
    provide_context(context);
    let live = use_live();
    // Events drop what they change, so a conversation that was fetched earlier is up to date while they arrive.
    match prefetch::take(id).filter(|_| live.state.get_untracked() == LiveState::Live) {
        Some(prefetched) => {
            context.show(prefetched.detail);
            thread.start_with(prefetched.messages, prefetched.history);
        }
        None => refetch.run(()),
    }
    live.listen(move |update| match update {
        LiveUpdate::Event(event) if context.is_affected_by(event) => fetch_detail.run(()),
        LiveUpdate::Event(event) if event.conversation_id != Some(id) => {}
        LiveUpdate::Event(_) | LiveUpdate::Opened => refetch.run(()),
    });
    let is_loaded = Memo::new(move |_| context.detail.with(Option::is_some));
    let body = move || {
        if is_loaded.get() {
            return view! { <LoadedPage context /> }.into_any();
        }
        match context.error.get() {
            None => skeleton(8),
            Some(error) if error.code() == Some(ErrorCode::NotFound) => conversation_not_found(),
            Some(error) => failed(&error, refetch),
        }
    };
    view! { {move || body()} }
}

#[component]
fn LoadedPage(context: ConversationContext) -> impl IntoView {
    let zone = context
        .detail
        .with_untracked(|detail| Zone::new(detail.as_ref().map_or("UTC", |detail| &detail.team.time_zone)));
    let is_closed = context.read(|detail| detail.conversation.status == ConversationStatus::Closed);
    let may_close = context.read(|detail| detail.permitted_actions.contains(&Action::Close));
    let can_reply = context.read(|detail| detail.conversation.can_reply);
    let is_opted_out = context.read(|detail| {
        detail.consent.as_ref().is_some_and(|consent| consent.state == ConsentState::OptedOut)
    });
    let reporter = Reporter::start(context.id);
    let may_manage = use_session().me().is_some_and(|me| me.may(Permission::ManageTeam));
    let consent = move || match (is_opted_out.get(), is_closed.get()) {
        // A short code or a name cannot receive messages, so there is no consent to record.
        _ if !can_reply.get() => ().into_any(),
        (true, true) => view! { <LazyPage page=Lazy::OptedOut /> }.into_any(),
        (false, _) if may_manage => opt_out_disclosure(),
        _ => ().into_any(),
    };
    let closing = move || {
        match (is_closed.get(), may_close.get()) {
        (true, _) => ().into_any(),
        (false, true) => view! { <Closing context /> }.into_any(),
        (false, false) => view! {
            <p class="text-sm">
                {t!("You need the permission “Close conversations” to close this conversation. Ask an administrator.")}
            </p>
        }
        .into_any(),
    }
    };
    // From 1280 px on, the page fills its part of the workspace: the customer stands at the right, from top to bottom,
    // and closing at its end. Below, the page has the height of the screen, or of its content on a phone.
    view! {
        <div class="flex min-h-0 flex-1 flex-col gap-3 lg:grid lg:h-[calc(100dvh-2.1rem-var(--header,3rem)-var(--alarm,0rem))] lg:flex-none lg:grid-cols-[minmax(0,1fr)_var(--spacing-side)] lg:grid-rows-[auto_minmax(0,1fr)] lg:gap-x-4 xl:h-full xl:gap-0">
            <Header context zone=zone.clone() />
            <div class="flex min-h-0 flex-1 flex-col xl:px-4 xl:pb-4">
                <Messages context zone=zone.clone() />
                <ComposerArea context zone=zone.clone() reporter />
            </div>
            <aside
                aria-label=t!("Customer and closing")
                class="flex min-h-0 flex-col gap-4 lg:overflow-y-auto xl:col-start-2 xl:row-span-2 xl:row-start-1 xl:gap-0 xl:overflow-visible xl:border-s xl:border-edge xl:bg-panel"
            >
                <div class="flex flex-col gap-4 xl:min-h-0 xl:flex-1 xl:gap-0 xl:overflow-y-auto">
                    {tags(context)}
                    <KeyDataPanel context />
                    {move || consent()}
                </div>
                {move || closing()}
            </aside>
            {edit_dialog(context, zone)}
        </div>
    }
}

/// Collapsed form that records an opt-out received by other means than a message.
fn opt_out_disclosure() -> AnyView {
    let opened = RwSignal::new(false);
    view! {
        <details class=PANEL>
            <summary class="cursor-pointer text-sm" on:click=move |_| opened.set(true)>
                {t!("Record opt-out")}
            </summary>
            {when(move || opened.get(), || view! { <LazyPage page=Lazy::OptOut /> }.into_any())}
        </details>
    }
    .into_any()
}
