//! The dialogs that give an API key a new secret, and that stop the secret before.

use leptos::prelude::*;
use shared::{
    ErrorCode,
    api_key::{ApiKey, NewRotation, PreviousSecret},
};

use super::{ApiKeysContext, OpenDialog, expiry::ExpiryChoice};
use crate::{
    api::RequestError,
    components::{
        confirmation::{Confirmation, confirm},
        dialog::Dialog,
        form::Form,
        person::isolated,
        timestamp::{date_and_time, timestamp},
    },
    keys::focus_first,
    language::{marked, t, text, with_views},
    session::use_session,
    time_zone::Zone,
};

/// The offered overlaps, in hours.
const OVERLAPS: [(u16, &str); 5] = [
    (0, marked!("It stops at once")),
    (1, marked!("1 hour")),
    (24, marked!("24 hours")),
    (72, marked!("3 days")),
    (168, marked!("7 days")),
];
const DEFAULT_OVERLAP: u16 = 24;

/// The dialog that rotates a key.
pub(super) fn rotation(context: ApiKeysContext, key: ApiKey, close: Callback<()>) -> AnyView {
    let form = Form::new();
    let overlap = RwSignal::new(DEFAULT_OVERLAP);
    let expiry = ExpiryChoice::new(true);
    let zone = use_session().zone();
    let title = t!("New secret for “{name}”", name = isolated(&key.name));
    let has_previous = key.previous.is_some();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let expires_at = match expiry.value(&zone) {
            Ok(expires_at) => expires_at,
            Err(message) => return form.set_error(RequestError::in_field("expires_at", message)),
        };
        let rotation = NewRotation { overlap_hours: Some(overlap.get_untracked()), expires_at };
        let (id, version) = (key.id, key.version.clone());
        let request = async move {
            let rotated = context.client.rotate_api_key(id, &rotation, &version).await;
            context.checked(rotated)
        };
        form.send(request, move |key| {
            context.dialog.set(Some(OpenDialog::Created(key)));
            context.refetch.run(());
        });
    };
    let options = OVERLAPS.map(|(hours, label)| {
        view! { <option value=hours selected=hours == DEFAULT_OVERLAP>{text(label)}</option> }
    });
    let replaces = has_previous.then(|| {
        view! {
            <p class="text-sm">
                {t!("The secret of the last rotation still works. It stops when you create a new one.")}
            </p>
        }
    });
    view! {
        <Dialog title close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                <p class="text-sm">
                    {t!("The key gets a new secret, which is shown once. Permissions and teams stay as they are.")}
                </p>
                {replaces}
                <label class="flex flex-col gap-1">
                    <span class="text-sm font-medium">{t!("How long the present secret still works")}</span>
                    <select
                        class="select w-full"
                        on:change:target=move |event| {
                            overlap.set(event.target().value().parse().unwrap_or(DEFAULT_OVERLAP));
                        }
                    >
                        {options.into_iter().collect_view()}
                    </select>
                </label>
                {expiry.field(form)}
                {form.error()}
                {form.actions(close, t!("Create secret"))}
            </form>
        </Dialog>
    }
    .into_any()
}

/// The secret before the last rotation, below the key that it belongs to.
pub(super) fn previous_secret(
    context: ApiKeysContext,
    key: &ApiKey,
    previous: &PreviousSecret,
    zone: &Zone,
) -> AnyView {
    let (ended, name) = (key.clone(), key.name.clone());
    let until = date_and_time(previous.expires_at, zone);
    let used = previous.last_used_at.map_or_else(|| t!("never").into_any(), |at| timestamp(at, zone));
    let hint = view! { <code class="text-xs">{previous.hint.clone()} "…"</code> }.into_any();
    view! {
        <div class="mt-1 text-xs">
            <p>
                {with_views(
                    t!("Old secret {secret} works until {date}. Last used: {used}"),
                    [("secret", hint), ("date", until), ("used", used)],
                )}
            </p>
            <button
                type="button"
                class="link min-h-6"
                on:click=move |_| context.dialog.set(Some(OpenDialog::EndOverlap(ended.clone())))
            >
                {t!("Stop it now")}
                <span class="sr-only">" " <bdi>{name}</bdi></span>
            </button>
        </div>
    }
    .into_any()
}

/// Asks for confirmation, then stops the secret before the last rotation.
pub(super) fn overlap_end(context: ApiKeysContext, key: ApiKey, close: Callback<()>) -> AnyView {
    let confirmation = Confirmation {
        title: t!("Stop the old secret of “{name}”?", name = isolated(&key.name)),
        text: t!("Programs that use the old secret can no longer sign in. You cannot undo this."),
        button: t!("Stop old secret"),
        is_dangerous: true,
    };
    let request = move || {
        let version = key.version.clone();
        async move { context.checked(context.client.end_api_key_overlap(key.id, &version).await) }
    };
    confirm(confirmation, close, request, context.done(close))
}

impl ApiKeysContext {
    /// Closes the dialog, and fetches the keys again.
    pub(super) fn done(self, close: Callback<()>) -> Callback<()> {
        Callback::new(move |()| {
            close.run(());
            request_animation_frame(|| focus_first("#new-key"));
            self.refetch.run(());
        })
    }

    /// Fetches the keys again if a colleague has changed the key of the request.
    pub(super) fn checked<T>(self, response: Result<T, RequestError>) -> Result<T, RequestError> {
        if let Err(error) = &response
            && error.code() == Some(ErrorCode::PreconditionFailed)
        {
            self.refetch.try_run(());
        }
        response
    }
}
