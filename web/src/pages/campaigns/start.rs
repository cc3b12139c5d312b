//! The section of a draft that starts or deletes the campaign.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{
    ErrorCode,
    campaign::{CampaignAction, CampaignStateChange},
};

use super::campaign::CampaignContext;
use crate::{
    api::RequestError,
    clock::now,
    components::{
        confirmation::{Confirmation, confirm},
        form::{Form, hint_and_error},
        person::isolated,
        when::when,
    },
    keys::focus_first,
    language::{number, plural, t},
    pages::conversation::times::{input_value, parse, to_utc},
    router::use_router,
};

/// The section that starts or deletes the campaign. If a colleague has changed it meanwhile, `save` asks what to keep.
pub(super) fn start(
    context: CampaignContext,
    is_ready: Memo<bool>,
    sendable: Memo<i64>,
    save: Callback<()>,
) -> AnyView {
    let (form, zone) = (Form::new(), context.zone());
    let time = NodeRef::<html::Input>::new();
    let is_deleting = RwSignal::new(false);
    let earliest = input_value(zone.local(now()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // Without the button, Enter in the field submits the form too.
        if !is_ready.get_untracked() {
            return;
        }
        // A date without a time has no value, as if the field were empty, and must not start the campaign now.
        let is_partial =
            time.get_untracked().is_some_and(|time| time.value().is_empty() && !time.check_validity());
        if is_partial {
            form.set_error(RequestError::in_field("starts_at", t!("Choose a date and a time.")));
            return focus_first("#field-starts_at");
        }
        let typed = time.get_untracked().map(|time| time.value()).unwrap_or_default();
        let starts_at = parse(&typed).map(|at| to_utc(at, &|at| zone.local(at)));
        let change = CampaignStateChange { action: CampaignAction::Run, starts_at };
        let version = context.version();
        let request =
            async move { context.client.update_campaign_state(context.id, &change, &version).await };
        // The campaign that has started replaces this form.
        form.send_detached(request, move |response| match response {
            Err(error) if error.code() == Some(ErrorCode::PreconditionFailed) => {
                save.try_run(());
                Ok(())
            }
            Ok(campaign) => {
                context.show(campaign);
                Ok(())
            }
            Err(error) => context.refused(error),
        });
    };
    let button = move || {
        let text = plural!(
            sendable.get(),
            "Start: {number} message",
            "Start: {number} messages",
            number = number(sendable.get())
        );
        view! { <button class="btn btn-primary" aria-disabled=move || form.busy.get().to_string()>{text}</button> }
    };
    let hint = move || (!is_ready.get()).then_some(t!("Save the text first, and check the preview."));
    view! {
        <section aria-labelledby="start" class="rounded-box border border-base-300 p-4">
            <h2 id="start" class="mb-3 font-semibold">{t!("Start")}</h2>
            <form class="flex flex-col gap-3" novalidate on:submit=submit>
                {time_field(form, time, earliest)}
                {form.error()}
                <p class="text-sm empty:hidden">{hint}</p>
                <div class="flex flex-wrap gap-2">
                    {move || is_ready.get().then(button)}
                    <button type="button" class="btn btn-ghost" on:click=move |_| is_deleting.set(true)>
                        {t!("Delete")}
                    </button>
                </div>
            </form>
        </section>
        {when(move || is_deleting.get(), move || deletion(context, is_deleting))}
    }
    .into_any()
}

fn deletion(context: CampaignContext, is_open: RwSignal<bool>) -> AnyView {
    let router = use_router();
    let name = context.campaign.with_untracked(|campaign| campaign.as_ref().map(|c| c.name.clone()));
    let confirmation = Confirmation {
        title: t!("Delete {name}?", name = isolated(&name.unwrap_or_default())),
        text: t!("The file and the text are deleted. Nothing was sent."),
        button: t!("Delete"),
        is_dangerous: true,
    };
    let close = Callback::new(move |()| is_open.set(false));
    confirm(
        confirmation,
        close,
        move || context.client.delete_campaign(context.id),
        Callback::new(move |()| router.open("/campaigns")),
    )
}

fn time_field(form: Form, time: NodeRef<html::Input>, earliest: String) -> AnyView {
    let error = form.field_error("starts_at");
    view! {
        <div class="flex flex-col gap-1">
            <label for="field-starts_at" class="text-sm font-medium">{t!("Start at (optional)")}</label>
            <input
                node_ref=time
                id="field-starts_at"
                type="datetime-local"
                class="input w-full max-w-60"
                min=earliest
                aria-describedby="error-starts_at"
                aria-invalid=move || error.with(Option::is_some).to_string()
            />
            {hint_and_error("error-starts_at".to_owned(), t!("On the clocks of the team’s time zone. Left empty, it starts now."), error)}
        </div>
    }
    .into_any()
}
