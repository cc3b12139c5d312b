//! A draft: the form of its text, the preview, and the buttons that start and delete it.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{
    PhoneNumber,
    campaign::{CampaignAction, CampaignChange, CampaignPreview, CampaignStateChange},
    template::Placeholder,
};

use super::{campaign::CampaignContext, preview::preview};
use crate::{
    api::RequestError,
    clock::now,
    components::{
        confirmation::{Confirmation, confirm},
        form::{Field, Form, hint_and_error},
        person::isolated,
        placeholder::{failed, skeleton},
        when::when,
    },
    compose::counter::counter,
    keys::focus_first,
    language::{number, plural, t},
    pages::{
        catalogue::text::buttons,
        conversation::times::{input_value, parse, to_utc},
    },
    router::use_router,
    session::use_session,
};

/// The placeholders that every campaign has, besides the columns of its file.
const BUILT_IN: [&str; 5] = ["name", "ref", "number", "agent", "team"];

/// The values of the form.
#[derive(Clone, Copy)]
struct Inputs {
    name: RwSignal<String>,
    body: RwSignal<String>,
    from: RwSignal<String>,
    pace: RwSignal<String>,
}

impl Inputs {
    fn change(self) -> CampaignChange {
        CampaignChange {
            name: self.name.get_untracked(),
            body: self.body.get_untracked(),
            from: self.from.get_untracked().parse().ok(),
            // The server refuses 0, with the reason beside the field.
            pace: self.pace.get_untracked().trim().parse().unwrap_or_default(),
        }
    }
}

/// The form, with the preview of the saved text beside it.
pub(super) fn draft(context: CampaignContext) -> AnyView {
    let Some(campaign) = context.campaign.get_untracked() else { return ().into_any() };
    let inputs = Inputs {
        name: RwSignal::new(campaign.name),
        body: RwSignal::new(campaign.body.clone()),
        from: RwSignal::new(campaign.from.as_str().to_owned()),
        pace: RwSignal::new(campaign.pace.to_string()),
    };
    let shown = RwSignal::new(None::<Result<CampaignPreview, RequestError>>);
    let form = Form::new();
    let save = Callback::new(move |()| {
        let change = inputs.change();
        let request = async move {
            let saved = context.client.update_campaign(context.id, &change).await?;
            Ok((saved, context.client.get_campaign_preview(context.id).await))
        };
        form.send(request, move |(saved, preview)| {
            shown.set(Some(preview));
            context.show(saved);
        });
    });
    let load = Callback::new(move |()| {
        let request = async move { Ok(context.client.get_campaign_preview(context.id).await) };
        form.send(request, move |preview| shown.set(Some(preview)));
    });
    if !campaign.body.is_empty() {
        load.run(());
    }
    let is_changed = Memo::new(move |_| {
        let typed = (inputs.name.get(), inputs.body.get(), inputs.from.get(), inputs.pace.get());
        context.campaign.with(|saved| {
            saved.as_ref().is_none_or(|saved| {
                typed
                    != (
                        saved.name.clone(),
                        saved.body.clone(),
                        saved.from.as_str().to_owned(),
                        saved.pace.to_string(),
                    )
            })
        })
    });
    let rows = t!(
        "{rows} rows, {rejected} cannot be used",
        rows = number(campaign.rows),
        rejected = number(campaign.rejected_rows)
    );
    let beside = move || {
        shown.with(|shown| match shown {
            None if form.busy.get() => skeleton(5),
            None => {
                view! { <p class="text-sm">{t!("Enter a text and save it to see what would be sent.")}</p> }
                    .into_any()
            }
            Some(Err(error)) => failed(error, load),
            Some(Ok(found)) => preview(found),
        })
    };
    let is_ready = Memo::new(move |_| {
        !is_changed.get() && shown.with(|shown| matches!(shown, Some(Ok(preview)) if preview.sendable > 0))
    });
    let sendable = Memo::new(move |_| {
        shown.with(|shown| {
            shown.as_ref().and_then(|shown| shown.as_ref().ok()).map_or(0, |found| found.sendable)
        })
    });
    view! {
        <div class="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
            <div class="flex flex-col gap-4">
                <section aria-labelledby="message" class="rounded-box border border-base-300 p-4">
                    <h2 id="message" class="font-semibold">{t!("Message")}</h2>
                    <p class="mb-3 text-sm text-quiet">{rows}</p>
                    {fields(form, inputs, &campaign.columns, team_numbers(context), save)}
                </section>
                {start(context, is_ready, sendable)}
            </div>
            <section aria-labelledby="preview" class="rounded-box border border-base-300 p-4">
                <h2 id="preview" class="mb-3 font-semibold">{t!("Preview")}</h2>
                {beside}
            </section>
        </div>
    }
    .into_any()
}

fn team_numbers(context: CampaignContext) -> Vec<PhoneNumber> {
    let team = context.campaign.with_untracked(|campaign| campaign.as_ref().map(|campaign| campaign.team_id));
    let teams = use_session().me().map(|me| me.teams).unwrap_or_default();
    teams.into_iter().find(|known| Some(known.id) == team).map(|team| team.numbers).unwrap_or_default()
}

fn fields(
    form: Form,
    inputs: Inputs,
    columns: &[String],
    numbers: Vec<PhoneNumber>,
    save: Callback<()>,
) -> AnyView {
    let area = NodeRef::<html::Textarea>::new();
    let error = form.field_error("body");
    let placeholders = BUILT_IN.iter().map(|name| (*name).to_owned()).chain(columns.iter().cloned());
    let placeholders: Vec<Placeholder> =
        placeholders.map(|name| Placeholder { name, sample: None }).collect();
    let pace = Field {
        hint: t!("From 1 to 60,000. Replies of agents go out in between."),
        ..Field::text("pace", t!("Messages per minute"), inputs.pace)
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        save.run(());
    };
    view! {
        <form class="flex flex-col gap-4" novalidate on:submit=submit>
            {form.text_field(Field::text("name", t!("Name"), inputs.name))}
            <div class="flex flex-col gap-1">
                <div class="flex flex-wrap items-baseline justify-between gap-x-4">
                    <label for="field-body" class="text-sm font-medium">{t!("Text")}</label>
                    {counter(Memo::new(move |_| inputs.body.get()), area)}
                </div>
                <textarea
                    node_ref=area
                    id="field-body"
                    class="textarea max-h-60 min-h-24 w-full text-base field-sizing-content"
                    rows="4"
                    dir="auto"
                    aria-describedby="error-body message-count"
                    aria-invalid=move || error.with(Option::is_some).to_string()
                    prop:value=inputs.body
                    on:input:target=move |event| inputs.body.set(event.target().value())
                ></textarea>
                {hint_and_error("error-body".to_owned(), "", error)}
            </div>
            {buttons(&placeholders, area, inputs.body)}
            {(numbers.len() > 1).then(|| number_select(numbers, inputs.from))}
            {form.text_field(pace)}
            {form.error()}
            <div>{form.submit(t!("Save and preview"))}</div>
        </form>
    }
    .into_any()
}

fn number_select(numbers: Vec<PhoneNumber>, chosen: RwSignal<String>) -> AnyView {
    let options = numbers.into_iter().map(|number| {
        let value = number.as_str().to_owned();
        let own = value.clone();
        view! {
            <option value=value prop:selected=move || chosen.with(|chosen| *chosen == own)>{number.display()}</option>
        }
    });
    view! {
        <label class="flex flex-col gap-1">
            <span class="text-sm font-medium">{t!("Send from")}</span>
            <select class="select w-full" on:change:target=move |event| chosen.set(event.target().value())>
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// The section that starts or deletes the campaign.
fn start(context: CampaignContext, is_ready: Memo<bool>, sendable: Memo<i64>) -> AnyView {
    let (form, router, zone) = (Form::new(), use_router(), context.zone());
    let time = NodeRef::<html::Input>::new();
    let error = form.field_error("starts_at");
    let is_deleting = RwSignal::new(false);
    let earliest = input_value(zone.local(now()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
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
        let request = async move { context.client.update_campaign_state(context.id, &change).await };
        // The campaign that has started replaces this form.
        form.send_detached(request, move |response| response.map(|campaign| context.show(campaign)));
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
        {when(move || is_deleting.get(), move || {
            let name = context.campaign.with_untracked(|campaign| campaign.as_ref().map(|c| c.name.clone()));
            let confirmation = Confirmation {
                title: t!("Delete {name}?", name = isolated(&name.unwrap_or_default())),
                text: t!("The file and the text are deleted. Nothing was sent."),
                button: t!("Delete"),
                is_dangerous: true,
            };
            let close = Callback::new(move |()| is_deleting.set(false));
            confirm(
                confirmation,
                close,
                move || context.client.delete_campaign(context.id),
                Callback::new(move |()| router.open("/campaigns")),
            )
        })}
    }
    .into_any()
}
