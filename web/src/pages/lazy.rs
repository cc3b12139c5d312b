//! Lazily loaded pages. The conversation page has its own chunk, which the queue page prefetches. The notifications have
//! another, which is fetched after the first page. All other pages here share a chunk, which is fetched when one of them
//! is first opened.
//!
//! Code outside this file must not refer to these pages: the linker would move them back into the first download.

use leptos::prelude::*;
use shared::ids::{CampaignId, ConversationId, TeamId, WebhookEndpointId};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use crate::{
    api::RequestError,
    components::{
        account_menu::account_menu,
        gateway_alarm::gateway_alarm,
        placeholder::{failed, skeleton},
    },
    notifications::notifications,
    pages::{
        accounts::accounts_page,
        ad_hoc::AdHoc,
        api_keys::api_keys_page,
        audit::audit_page,
        campaigns::{campaign::campaign_page, campaigns_page},
        catalogue::{closure_reasons_page, tags_page, templates_page},
        closed::ClosedPage,
        consents::ConsentsPage,
        conversation::{
            ConversationPage,
            consent::{OptOut, OptedOut},
            give::Give,
            list::ConversationList,
            snooze_form::SnoozeForm,
            tag_form::TagForm,
        },
        daily_file::daily_file_page,
        exports::export_page,
        keyboard_help::keyboard_help,
        palette::dialog::palette_dialog,
        profile::profile_page,
        queue::filter::queue_tag_filter,
        rejected_messages::rejected_messages_page,
        search::SearchPage,
        teams::{team_page, teams_page},
        webhook_endpoints::{webhook_endpoint_page, webhook_endpoints_page},
    },
    session::use_client,
    tasks::{TaskScope, spawn_detached},
};

/// A lazily loaded page or part of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lazy {
    /// `/conversations/:id`
    Conversation(ConversationId),
    /// The queue beside a conversation.
    ConversationList,
    /// The filter of a section of the queue by tag.
    TagFilter(TeamId),
    /// The content of a team's ad-hoc dialog.
    AdHoc(TeamId),
    /// `/closed`
    Closed,
    /// `/daily-file`
    DailyFile,
    /// `/campaigns`
    Campaigns,
    /// `/campaigns/:id`
    Campaign(CampaignId),
    /// `/export`
    Export,
    /// `/templates`
    Templates,
    /// `/closure-reasons`
    ClosureReasons,
    /// `/tags`
    Tags,
    /// `/webhooks`
    WebhookEndpoints,
    /// `/webhooks/:id`
    WebhookEndpoint(WebhookEndpointId),
    /// `/teams`
    Teams,
    /// `/teams/:id`
    Team(TeamId),
    /// `/accounts`
    Accounts,
    /// `/api-keys`
    ApiKeys,
    /// `/audit`
    Audit,
    /// `/rejected-messages`
    RejectedMessages,
    /// `/profile`
    Profile,
    /// `/consents`
    Consents,
    /// `/search`
    Search,
    /// The content of the command palette.
    Palette,
    /// The content of the list of keyboard shortcuts.
    KeyboardHelp,
    /// The notice in place of the composer when the customer has opted out.
    OptedOut,
    /// The form that records an opt-out in a conversation.
    OptOut,
    /// The content of the dialog that gives a conversation to a colleague.
    Give,
    /// The notifications, which follow the event stream. They show nothing in their place.
    Notifications,
    /// The content of the account menu.
    AccountMenu,
    /// The alert while the gateway refuses the server's credentials.
    GatewayAlarm,
    /// The content of the dialog that snoozes a conversation.
    Snooze,
    /// The content of the dialog that changes the tags of a conversation.
    ConversationTags,
}

impl Lazy {
    /// Returns whether the page itself updates when the list of teams changes.
    pub(crate) fn follows_teams(self) -> bool {
        matches!(
            self,
            Lazy::Conversation(_)
                | Lazy::DailyFile
                | Lazy::Campaigns
                | Lazy::Campaign(_)
                | Lazy::Export
                | Lazy::Templates
                | Lazy::ClosureReasons
                | Lazy::Tags
                | Lazy::WebhookEndpoints
                | Lazy::WebhookEndpoint(_)
                | Lazy::Teams
                | Lazy::Team(_)
                | Lazy::Accounts
                | Lazy::ApiKeys
                | Lazy::Audit
                | Lazy::RejectedMessages
                | Lazy::Profile
        )
    }
}

/// Entry point of the conversation chunk, which contains all code that is only reachable from here. Code that the queue
/// page uses too stays in the first download.
#[wasm_split(conversation, fallible, preload(load_conversation))]
fn render_conversation(page: Lazy) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Lazy::Conversation(id) => view! { <ConversationPage id /> }.into_any(),
        Lazy::TagFilter(team) => queue_tag_filter(team),
        _ => view! { <ConversationList /> }.into_any(),
    })
}

/// Prefetches the conversation chunk. Ignores failures: opening a conversation fetches it again and reports errors.
pub(crate) fn prefetch_conversation() {
    spawn_detached(async {
        let _ = load_conversation().await;
    });
}

/// Shows a part of the conversation chunk once it is loaded, and nothing until then.
pub(crate) fn part_of_conversation(part: Lazy) -> AnyView {
    let rendered = RwSignal::new_local(None::<AnyView>);
    TaskScope::current().spawn(async move {
        if let Ok(view) = render_conversation(part).await {
            rendered.try_set(Some(view));
        }
    });
    let view = move || {
        rendered.track();
        rendered.try_update_untracked(Option::take).flatten()
    };
    view! { {view} }.into_any()
}

/// Entry point of the second chunk, which contains all code that is only reachable from here.
#[wasm_split(lazy, fallible)]
fn render_other(page: Lazy) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        // Rendered by the other entry points.
        Lazy::Conversation(_)
        | Lazy::ConversationList
        | Lazy::TagFilter(_)
        | Lazy::Notifications
        | Lazy::AccountMenu
        | Lazy::GatewayAlarm => ().into_any(),
        Lazy::AdHoc(team) => view! { <AdHoc team /> }.into_any(),
        Lazy::Closed => view! { <ClosedPage /> }.into_any(),
        Lazy::DailyFile => daily_file_page(),
        Lazy::Campaigns => campaigns_page(),
        Lazy::Campaign(id) => campaign_page(id),
        Lazy::Export => export_page(),
        Lazy::Templates => templates_page(),
        Lazy::ClosureReasons => closure_reasons_page(),
        Lazy::Tags => tags_page(),
        Lazy::WebhookEndpoints => webhook_endpoints_page(),
        Lazy::WebhookEndpoint(id) => webhook_endpoint_page(id),
        Lazy::Teams => teams_page(),
        Lazy::Team(id) => team_page(id),
        Lazy::Accounts => accounts_page(),
        Lazy::ApiKeys => api_keys_page(),
        Lazy::Audit => audit_page(),
        Lazy::RejectedMessages => rejected_messages_page(),
        Lazy::Profile => profile_page(),
        Lazy::Consents => view! { <ConsentsPage /> }.into_any(),
        Lazy::Search => view! { <SearchPage /> }.into_any(),
        Lazy::Palette => palette_dialog(),
        Lazy::KeyboardHelp => keyboard_help(),
        Lazy::OptedOut => view! { <OptedOut /> }.into_any(),
        Lazy::OptOut => view! { <OptOut /> }.into_any(),
        Lazy::Give => view! { <Give /> }.into_any(),
        Lazy::Snooze => view! { <SnoozeForm /> }.into_any(),
        Lazy::ConversationTags => view! { <TagForm /> }.into_any(),
    })
}

/// Entry point of the notifications' chunk, which also has the parts of the frame that are not shown at once.
#[wasm_split(notifications, fallible)]
fn render_notifications(page: Lazy) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Lazy::AccountMenu => account_menu(),
        Lazy::GatewayAlarm => gateway_alarm(),
        _ => notifications(),
    })
}

async fn render(page: Lazy) -> Result<AnyView, SplitLoaderError> {
    match page {
        Lazy::Conversation(_) | Lazy::ConversationList | Lazy::TagFilter(_) => {
            render_conversation(page).await
        }
        Lazy::Notifications | Lazy::AccountMenu | Lazy::GatewayAlarm => render_notifications(page).await,
        other => render_other(other).await,
    }
}

/// Shows a lazy page once its chunk is loaded.
#[component]
pub(crate) fn LazyPage(page: Lazy) -> impl IntoView {
    let client = use_client();
    let rendered = RwSignal::new_local(None::<Result<AnyView, RequestError>>);
    let scope = TaskScope::current();
    let fetch = move || {
        rendered.set(None);
        scope.spawn(async move {
            let view = match render(page).await {
                Ok(view) => Ok(view),
                // The loader's error does not give the cause. If the server responds to another request, only the
                // chunk is missing: the app is older than the server.
                Err(_) => Err(client.get_me().await.err().unwrap_or(RequestError::Unreadable)),
            };
            rendered.try_set(Some(view));
        });
    };
    fetch();
    move || {
        rendered.track();
        // A view cannot be cloned, so it is taken out of the signal.
        match rendered.try_update_untracked(Option::take).flatten() {
            None => skeleton(6),
            Some(Ok(view)) => view,
            Some(Err(error)) => failed(&error, Callback::new(move |()| fetch())),
        }
    }
}
