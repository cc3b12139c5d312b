//! The list of webhook endpoints, a section per team, and a page per endpoint with its deliveries.

mod deliveries;
mod delivery;
mod editor;
mod endpoint;
mod labels;

use leptos::prelude::*;
use shared::{event::EventKind, ids::TeamId, webhook_endpoint::WebhookEndpoint};

pub(crate) use self::endpoint::webhook_endpoint_page;
use self::{
    editor::creation,
    labels::{secret_of, state_badge, type_labels},
};
use crate::{
    api::{Client, RequestError},
    components::{
        heading::Heading,
        permission::for_managers_of_teams,
        placeholder::{empty, failed, skeleton},
        secret_dialog::secret_dialog,
        table::{BODY, ROW, TABLE, cell, head},
    },
    language::{marked, t},
    live::{LiveUpdate, coalesce, use_live},
    session::{use_client, use_session},
};

const COLUMNS: &[(&str, &str)] = &[
    (marked!("Endpoint"), ""),
    (marked!("Events"), "w-[38%]"),
    (marked!("State"), "w-28 lg:w-36"),
    (marked!("Link"), "w-20 lg:w-28"),
];

/// The open dialog.
#[derive(Clone)]
enum OpenDialog {
    New(TeamId),
    /// Shows the secret of the created endpoint.
    Created(WebhookEndpoint),
}

/// Shared state of the page's parts.
#[derive(Clone, Copy)]
struct EndpointsContext {
    client: Client,
    endpoints: RwSignal<Option<Vec<WebhookEndpoint>>>,
    dialog: RwSignal<Option<OpenDialog>>,
    refetch: Callback<()>,
}

/// The page `/webhooks`.
pub(crate) fn webhook_endpoints_page() -> AnyView {
    for_managers_of_teams(t!("Webhooks"), page)
}

async fn fetch(client: Client, teams: Vec<TeamId>) -> Result<Vec<WebhookEndpoint>, RequestError> {
    let mut endpoints = Vec::new();
    for team in teams {
        endpoints.extend(client.list_webhook_endpoints(team).await?);
    }
    Ok(endpoints)
}

fn page() -> AnyView {
    let client = use_client();
    let teams = use_session().read(|me| me.teams.clone());
    let endpoints = RwSignal::new(None::<Vec<WebhookEndpoint>>);
    let error = RwSignal::new(None::<RequestError>);
    let refetch = coalesce(move || async move {
        let ids = teams.with_untracked(|teams| teams.iter().map(|team| team.id).collect());
        match fetch(client, ids).await {
            Ok(fetched) => {
                error.try_set(None);
                // Setting an unchanged value would redraw the tables.
                if endpoints.try_with_untracked(|shown| shown.as_ref() != Some(&fetched)) == Some(true) {
                    endpoints.set(Some(fetched));
                }
            }
            Err(new_error) => {
                error.try_set(Some(new_error));
            }
        }
    });
    Effect::new(move |_| {
        teams.track();
        refetch.run(());
    });
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::TeamChanged => {}
        _ => refetch.run(()),
    });
    let context = EndpointsContext { client, endpoints, dialog: RwSignal::new(None), refetch };
    let is_loaded = Memo::new(move |_| endpoints.with(Option::is_some));
    let body = move || {
        if !is_loaded.get() {
            return match error.get() {
                Some(error) => failed(&error, refetch),
                None => skeleton(4),
            };
        }
        let sections = teams.get().into_iter().map(|team| section(context, team.id, team.name));
        sections.collect_view().into_any()
    };
    view! {
        <Heading text=t!("Webhooks") />
        <p class="mt-1 max-w-3xl text-sm text-base-content/80">
            {t!("SMS Chat sends what happens in a team to its webhooks, so that other systems learn of it at once.")}
        </p>
        <div class="mt-4 flex flex-col gap-8">{body}</div>
        {move || context.dialog.get().map(|open| dialog(context, open))}
    }
    .into_any()
}

fn section(context: EndpointsContext, team: TeamId, name: String) -> AnyView {
    let heading = format!("team-{team}");
    let label = heading.clone();
    let of_team = Memo::new(move |_| {
        context.endpoints.with(|endpoints| {
            let of_team = endpoints.iter().flatten().filter(|endpoint| endpoint.team_id == team);
            of_team.cloned().collect::<Vec<_>>()
        })
    });
    let body = move || {
        of_team.with(|endpoints| {
            if endpoints.is_empty() {
                return empty(t!("No webhooks"));
            }
            view! {
                <table role="table" aria-labelledby=label.clone() class=TABLE>
                    {head(COLUMNS)}
                    <tbody role="rowgroup" class=BODY>{endpoints.iter().map(row).collect_view()}</tbody>
                </table>
            }
            .into_any()
        })
    };
    view! {
        <section aria-labelledby=heading.clone()>
            <div class="mb-1 flex flex-wrap items-center justify-between gap-2">
                <h2 id=heading.clone() class="text-base font-semibold wrap-anywhere">
                    <bdi>{name.clone()}</bdi>
                </h2>
                <button
                    type="button"
                    class="btn btn-sm btn-primary"
                    on:click=move |_| context.dialog.set(Some(OpenDialog::New(team)))
                >
                    {t!("New webhook")}
                    <span class="sr-only">" · " <bdi>{name}</bdi></span>
                </button>
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn row(endpoint: &WebhookEndpoint) -> AnyView {
    let description = (!endpoint.description.is_empty())
        .then(|| view! { <br /> <bdi class="text-quiet">{endpoint.description.clone()}</bdi> });
    let name = view! {
        <span class="min-w-0 wrap-anywhere">
            <bdi class="font-medium">{endpoint.url.clone()}</bdi>
            {description}
        </span>
    };
    let link = view! {
        <a
            href=format!("/webhooks/{}", endpoint.id)
            class="link font-medium whitespace-nowrap"
            data-row-link=""
            aria-label=t!("Open {name}", name = endpoint.url)
        >
            {t!("Open")}
            <span aria-hidden="true">" →"</span>
        </a>
    };
    view! {
        <tr role="row" class=ROW>
            {cell("Endpoint", name)}
            {cell("Events", view! { <span class="min-w-0">{type_labels(&endpoint.event_types)}</span> })}
            {cell("State", state_badge(endpoint))}
            {cell("Link", link)}
        </tr>
    }
    .into_any()
}

fn dialog(context: EndpointsContext, open: OpenDialog) -> AnyView {
    let close = Callback::new(move |()| context.dialog.set(None));
    match open {
        OpenDialog::New(team) => {
            let created = Callback::new(move |endpoint| {
                context.dialog.set(Some(OpenDialog::Created(endpoint)));
                context.refetch.run(());
            });
            creation(context.client, team, close, created)
        }
        OpenDialog::Created(endpoint) => secret_dialog(secret_of(endpoint), close),
    }
}
