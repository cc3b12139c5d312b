//! The page of one webhook endpoint: its state, its settings and its deliveries.

use leptos::prelude::*;
use shared::{
    ErrorCode,
    event::EventKind,
    ids::WebhookEndpointId,
    webhook_endpoint::{DisabledReason, WebhookEndpoint, WebhookEndpointChange},
};

use super::{
    deliveries::{Deliveries, deliveries},
    editor::editor,
    labels::{line, secret_of, state_badge, type_labels},
};
use crate::{
    api::{Client, RequestError},
    components::{
        confirmation::{Confirmation, confirm},
        form::Form,
        heading::Heading,
        notices::{Notices, use_notices},
        permission::for_managers_of_teams,
        person::or_dash,
        placeholder::{failed, skeleton},
        secret_dialog::secret_dialog,
        timestamp::date_and_time,
    },
    language::{t, with_views},
    live::{LiveUpdate, coalesce, use_live},
    pages::not_found::not_found,
    router::use_router,
    session::{use_client, use_session},
};

/// The open dialog.
#[derive(Clone)]
enum OpenDialog {
    Edit(WebhookEndpoint),
    Rotate,
    Rotated(WebhookEndpoint),
    Delete,
}

/// Shared state of the page's parts.
#[derive(Clone, Copy)]
struct EndpointContext {
    client: Client,
    notices: Notices,
    id: WebhookEndpointId,
    endpoint: RwSignal<Option<WebhookEndpoint>>,
    dialog: RwSignal<Option<OpenDialog>>,
    deliveries: Deliveries,
    /// Sends the changes that need no dialog.
    form: Form,
}

/// The page `/webhooks/:id`.
pub(crate) fn webhook_endpoint_page(id: WebhookEndpointId) -> AnyView {
    for_managers_of_teams(t!("Webhook"), move || page(id))
}

impl EndpointContext {
    /// Stores a fetched endpoint, unless it is unchanged: setting the signal would redraw the page.
    fn show(self, fetched: WebhookEndpoint) {
        // The page does not keep the secret.
        let fetched = WebhookEndpoint { secret: None, ..fetched };
        if self.endpoint.try_with_untracked(|shown| shown.as_ref() != Some(&fetched)) == Some(true) {
            self.endpoint.set(Some(fetched));
        }
    }

    fn set_enabled(self, enabled: bool) {
        let Some(endpoint) = self.endpoint.get_untracked() else { return };
        let change = WebhookEndpointChange {
            url: endpoint.url,
            description: endpoint.description,
            event_types: endpoint.event_types,
            enabled: Some(enabled),
        };
        let request =
            async move { self.client.update_webhook_endpoint(self.id, &change, &endpoint.version).await };
        self.form.send_and_handle(request, move |response| {
            match response {
                Ok(endpoint) => self.show(endpoint),
                Err(error) => {
                    if let Some((current, _)) = error.current() {
                        self.show(current);
                    }
                    self.notices.error(&error);
                }
            }
            self.deliveries.fetch();
            Ok(())
        });
    }

    fn test(self) {
        let request = async move { self.client.test_webhook_endpoint(self.id).await };
        self.form.send_and_handle(request, move |response| {
            match response {
                Ok(()) => self.notices.info(t!("The test is sent. Its result appears in the list.")),
                Err(error) => self.notices.error(&error),
            }
            self.deliveries.fetch();
            Ok(())
        });
    }
}

fn page(id: WebhookEndpointId) -> AnyView {
    let client = use_client();
    let error = RwSignal::new(None::<RequestError>);
    let context = EndpointContext {
        client,
        notices: use_notices(),
        id,
        endpoint: RwSignal::new(None),
        dialog: RwSignal::new(None),
        deliveries: Deliveries::new(id),
        form: Form::new(),
    };
    let refetch = coalesce(move || async move {
        match client.get_webhook_endpoint(id).await {
            Ok(fetched) => context.show(fetched),
            Err(new_error) => {
                error.try_set(Some(new_error));
            }
        }
    });
    refetch.run(());
    context.deliveries.fetch();
    use_live().listen(move |update| match update {
        LiveUpdate::Event(event) if event.kind != EventKind::TeamChanged => {}
        _ => {
            refetch.run(());
            context.deliveries.fetch();
        }
    });
    let is_loaded = Memo::new(move |_| context.endpoint.with(Option::is_some));
    let body = move || {
        if is_loaded.get() {
            return sections(context);
        }
        match error.get() {
            None => skeleton(6),
            Some(error) if error.code() == Some(ErrorCode::NotFound) => not_found(
                t!("Webhook not found"),
                t!("This webhook does not exist, or it belongs to a team that you are not in."),
            ),
            Some(error) => failed(&error, refetch),
        }
    };
    view! { {body} }.into_any()
}

fn sections(context: EndpointContext) -> AnyView {
    let endpoint = move || context.endpoint.get();
    let url = Memo::new(move |_| endpoint().map(|endpoint| endpoint.url).unwrap_or_default());
    view! {
        <p class="mb-1 text-sm"><a href="/webhooks" class="link">{t!("Webhooks")}</a></p>
        <Heading text=url />
        {move || endpoint().map(|endpoint| alert(context, &endpoint))}
        <div class="mt-3 flex flex-wrap gap-2">{buttons(context)}</div>
        {move || endpoint().map(|endpoint| details(&endpoint))}
        {deliveries(context.deliveries)}
        {move || context.dialog.get().map(|open| dialog(context, open))}
    }
    .into_any()
}

/// Why the endpoint is disabled, and what to do.
fn alert(context: EndpointContext, endpoint: &WebhookEndpoint) -> AnyView {
    let Some((reason, at)) = endpoint.disabled_reason.zip(endpoint.disabled_at) else {
        return ().into_any();
    };
    let sentence = match reason {
        DisabledReason::Manual => t!("Disabled since {date}. Events wait here, for 30 days at most."),
        DisabledReason::Failing => {
            t!(
                "Disabled since {date}, because the last attempt of a delivery failed. Events wait here, for 30 days at most. Enable the webhook when the receiver works again."
            )
        }
        DisabledReason::Gone => {
            t!(
                "Disabled since {date}, because the receiver answered that it is gone (410). Events wait here, for 30 days at most."
            )
        }
    };
    let date = date_and_time(at, &use_session().zone());
    view! {
        <div role="alert" class="alert alert-warning mt-3">
            <span>{with_views(sentence, [("date", date)])}</span>
            <button type="button" class="btn btn-sm" on:click=move |_| context.set_enabled(true)>
                {t!("Enable")}
            </button>
        </div>
    }
    .into_any()
}

fn buttons(context: EndpointContext) -> AnyView {
    let is_enabled = Memo::new(move |_| {
        context.endpoint.with(|endpoint| endpoint.as_ref().is_some_and(|known| known.enabled))
    });
    let edit = move |_| {
        if let Some(endpoint) = context.endpoint.get_untracked() {
            context.dialog.set(Some(OpenDialog::Edit(endpoint)));
        }
    };
    let when_enabled = move || {
        is_enabled.get().then(|| {
            view! {
                <button type="button" class="btn btn-sm btn-primary" on:click=move |_| context.test()>
                    {t!("Send test")}
                </button>
            }
        })
    };
    let disable = move || {
        is_enabled.get().then(|| {
            view! {
                <button type="button" class="btn btn-sm" on:click=move |_| context.set_enabled(false)>
                    {t!("Disable")}
                </button>
            }
        })
    };
    view! {
        {when_enabled}
        <button type="button" class="btn btn-sm" on:click=edit>{t!("Edit")}</button>
        <button type="button" class="btn btn-sm" on:click=move |_| context.dialog.set(Some(OpenDialog::Rotate))>
            {t!("Rotate secret")}
        </button>
        {disable}
        <button
            type="button"
            class="btn btn-sm btn-danger"
            on:click=move |_| context.dialog.set(Some(OpenDialog::Delete))
        >
            {t!("Delete")}
        </button>
    }
    .into_any()
}

fn details(endpoint: &WebhookEndpoint) -> AnyView {
    let zone = use_session().zone();
    let rotated = endpoint.previous_secret_until.map(|until| {
        line(
            t!("Previous secret"),
            with_views(t!("Also signs until {date}"), [("date", date_and_time(until, &zone))]),
        )
    });
    let created = view! {
        <bdi>{endpoint.created_by.clone()}</bdi>
        " · "
        {date_and_time(endpoint.created_at, &zone)}
    };
    view! {
        <dl class="mt-4 grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1 text-sm">
            {line(t!("State"), state_badge(endpoint))}
            {line(t!("Description"), or_dash(Some(&endpoint.description)).into_any())}
            {line(t!("Events"), type_labels(&endpoint.event_types).into_any())}
            {rotated}
            {line(t!("Created by"), created.into_any())}
        </dl>
    }
    .into_any()
}

fn dialog(context: EndpointContext, open: OpenDialog) -> AnyView {
    let (client, id) = (context.client, context.id);
    let close = Callback::new(move |()| context.dialog.set(None));
    match open {
        OpenDialog::Edit(endpoint) => {
            editor(client, endpoint, close, Callback::new(move |endpoint| context.show(endpoint)))
        }
        OpenDialog::Rotate => {
            let confirmation = Confirmation {
                title: t!("Rotate the secret?").to_owned(),
                text: t!(
                    "The next step shows a new secret. The present one signs too for 24 hours, so that you can change the receiver meanwhile."
                ),
                button: t!("Rotate secret"),
                is_dangerous: false,
            };
            let rotated = RwSignal::new(None::<WebhookEndpoint>);
            let request = move || async move {
                rotated.try_set(Some(client.rotate_webhook_secret(id).await?));
                Ok(())
            };
            let done = Callback::new(move |()| {
                if let Some(endpoint) = rotated.get_untracked() {
                    context.show(endpoint.clone());
                    context.dialog.set(Some(OpenDialog::Rotated(endpoint)));
                }
            });
            confirm(confirmation, close, request, done)
        }
        OpenDialog::Rotated(endpoint) => secret_dialog(secret_of(endpoint), close),
        OpenDialog::Delete => {
            let confirmation = Confirmation {
                title: t!("Delete the webhook?").to_owned(),
                text: t!(
                    "Nothing more is sent, and its list of deliveries is deleted. You cannot undo this."
                ),
                button: t!("Delete webhook"),
                is_dangerous: true,
            };
            let router = use_router();
            let done = Callback::new(move |()| router.open("/webhooks"));
            confirm(confirmation, close, move || client.delete_webhook_endpoint(id), done)
        }
    }
}
