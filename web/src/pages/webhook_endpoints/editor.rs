//! The dialogs that create and change a webhook endpoint.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{
    ids::TeamId,
    webhook_endpoint::{NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChange, WebhookEventType},
};

use super::labels::{type_label, type_labels};
use crate::{
    api::Client,
    components::{
        checkboxes::{checkbox, group, set_member},
        conflict::{Changes, Conflict},
        dialog::Dialog,
        form::{Field, Form},
    },
    language::t,
};

/// What the user enters.
#[derive(Clone, Copy)]
struct Input {
    url: RwSignal<String>,
    description: RwSignal<String>,
    event_types: RwSignal<BTreeSet<WebhookEventType>>,
}

impl Input {
    fn compare(self, changes: &mut Changes, before: &WebhookEndpoint, theirs: &WebhookEndpoint) {
        changes.text(t!("URL"), self.url, (&before.url, &theirs.url));
        changes.text(t!("Description"), self.description, (&before.description, &theirs.description));
        changes.field(
            t!("Events"),
            self.event_types,
            (&before.event_types, &theirs.event_types),
            type_labels,
        );
    }

    fn fields(self, form: Form) -> AnyView {
        let boxes = WebhookEventType::ALL.into_iter().map(|event_type| {
            let chosen = self.event_types;
            let checked = Signal::derive(move || chosen.with(|chosen| chosen.contains(&event_type)));
            let change = Callback::new(move |on| chosen.update(|chosen| set_member(chosen, event_type, on)));
            checkbox(type_label(event_type).to_owned(), checked, Signal::stored(false), change)
        });
        let url = Field {
            kind: "url",
            hint: t!("Where the receiver listens, e.g. https://example.com/webhooks"),
            ..Field::text("url", t!("URL"), self.url)
        };
        let description = Field {
            hint: t!("What the webhook is for; you can leave it empty."),
            ..Field::text("description", t!("Description"), self.description)
        };
        view! {
            {form.text_field(url)}
            {form.text_field(description)}
            {group(form, "event_types", t!("Events"), t!("Choose at least one."), boxes.collect_view().into_any())}
        }
        .into_any()
    }
}

/// The dialog that creates an endpoint of a team.
pub(super) fn creation(
    client: Client,
    team: TeamId,
    close: Callback<()>,
    created: Callback<WebhookEndpoint>,
) -> AnyView {
    let form = Form::new();
    let input = Input {
        url: RwSignal::new(String::new()),
        description: RwSignal::new(String::new()),
        event_types: RwSignal::new(BTreeSet::new()),
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let new = NewWebhookEndpoint {
            url: input.url.get_untracked(),
            description: input.description.get_untracked(),
            event_types: input.event_types.get_untracked(),
        };
        let request = async move { client.create_webhook_endpoint(team, &new).await };
        form.send(request, move |endpoint| created.run(endpoint));
    };
    view! {
        <Dialog title=t!("New webhook").to_owned() close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {input.fields(form)}
                {form.error()}
                {form.actions(close, t!("Create webhook"))}
            </form>
        </Dialog>
    }
    .into_any()
}

/// The dialog that changes an endpoint.
pub(super) fn editor(
    client: Client,
    endpoint: WebhookEndpoint,
    close: Callback<()>,
    changed: Callback<WebhookEndpoint>,
) -> AnyView {
    let form = Form::new();
    let id = endpoint.id;
    let input = Input {
        url: RwSignal::new(endpoint.url.clone()),
        description: RwSignal::new(endpoint.description.clone()),
        event_types: RwSignal::new(endpoint.event_types.clone()),
    };
    let conflict = Conflict::new();
    let base = StoredValue::new((endpoint.clone(), endpoint.version));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let change = WebhookEndpointChange {
            url: input.url.get_untracked(),
            description: input.description.get_untracked(),
            event_types: input.event_types.get_untracked(),
            enabled: None,
        };
        let request = async move {
            let send = async |version: String| client.update_webhook_endpoint(id, &change, &version).await;
            let compare =
                |changes: &mut Changes, before: &_, theirs: &_| input.compare(changes, before, theirs);
            conflict.save(base, send, compare).await
        };
        form.send(request, move |saved| {
            if let Some(endpoint) = saved {
                close.run(());
                changed.run(endpoint);
            }
        });
    };
    view! {
        <Dialog title=t!("Edit webhook").to_owned() close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {input.fields(form)}
                {conflict.view()}
                {form.error()}
                {form.actions(close, t!("Save"))}
            </form>
        </Dialog>
    }
    .into_any()
}
