//! A draft: the form of its text, and the preview.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{
    PhoneNumber,
    campaign::{Campaign, CampaignChange, CampaignPreview},
    template::Placeholder,
};

use super::{campaign::CampaignContext, preview::preview, start::start};
use crate::{
    api::RequestError,
    components::{
        conflict::{Changes, Conflict, Version},
        form::{Field, Form, hint_and_error},
        placeholder::{failed, skeleton},
    },
    compose::counter::counter,
    language::{number, plural, t},
    pages::catalogue::text::buttons,
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

    fn compare(self, changes: &mut Changes, before: &Campaign, theirs: &Campaign) {
        let number = |campaign: &Campaign| campaign.from.as_str().to_owned();
        changes.text(t!("Name"), self.name, (&before.name, &theirs.name));
        changes.text(t!("Text"), self.body, (&before.body, &theirs.body));
        changes.text(t!("Send from"), self.from, (&number(before), &number(theirs)));
        let pace = (&before.pace.to_string(), &theirs.pace.to_string());
        changes.text(t!("Messages per minute"), self.pace, pace);
    }
}

/// Shared state of the form and the preview.
#[derive(Clone, Copy)]
struct Draft {
    context: CampaignContext,
    form: Form,
    conflict: Conflict,
    inputs: Inputs,
    /// What the inputs are based on.
    base: StoredValue<Version<Campaign>>,
    /// The preview of the saved text.
    shown: RwSignal<Option<Result<CampaignPreview, RequestError>>>,
}

impl Draft {
    fn new(context: CampaignContext, campaign: Campaign) -> Self {
        let inputs = Inputs {
            name: RwSignal::new(campaign.name.clone()),
            body: RwSignal::new(campaign.body.clone()),
            from: RwSignal::new(campaign.from.as_str().to_owned()),
            pace: RwSignal::new(campaign.pace.to_string()),
        };
        let version = campaign.version.clone();
        let base = StoredValue::new((campaign, version));
        let (form, conflict, shown) = (Form::new(), Conflict::new(), RwSignal::new(None));
        Self { context, form, conflict, inputs, base, shown }
    }

    fn save(self) {
        let Self { context, inputs, base, shown, .. } = self;
        let change = inputs.change();
        let (name, pace) = (inputs.name.get_untracked(), inputs.pace.get_untracked());
        let request = async move {
            let send = async |version: String| {
                let saved = context.client.update_campaign(context.id, &change, &version).await?;
                Ok((saved, context.client.get_campaign_preview(context.id).await))
            };
            let compare =
                |changes: &mut Changes, before: &_, theirs: &_| inputs.compare(changes, before, theirs);
            self.conflict.save(base, send, compare).await
        };
        self.form.send_and_handle(request, move |response| {
            let (saved, preview) = match response {
                Ok(Some(saved)) => saved,
                Ok(None) => {
                    // The preview is that of an earlier text.
                    shown.set(None);
                    context.show(base.with_value(|(campaign, _)| campaign.clone()));
                    return Ok(());
                }
                Err(error) => return context.refused(error),
            };
            base.set_value((saved.clone(), saved.version.clone()));
            // The server stores them without spaces around.
            for (input, sent, saved) in
                [(inputs.name, &name, saved.name.clone()), (inputs.pace, &pace, saved.pace.to_string())]
            {
                if input.with_untracked(|typed| typed == sent) {
                    input.set(saved);
                }
            }
            shown.set(Some(preview));
            context.show(saved);
            Ok(())
        });
    }

    fn load_preview(self) {
        let request = async move { Ok(self.context.client.get_campaign_preview(self.context.id).await) };
        self.form.send(request, move |preview| self.shown.set(Some(preview)));
    }

    /// Returns whether the inputs contain what is saved.
    fn is_saved(self) -> bool {
        let Inputs { name, body, from, pace } = self.inputs;
        let typed = (name.get(), body.get(), from.get(), pace.get());
        self.context.campaign.with(|saved| {
            saved.as_ref().is_some_and(|saved| {
                let Campaign { name, body, from, pace, .. } = saved.clone();
                typed == (name, body, from.as_str().to_owned(), pace.to_string())
            })
        })
    }

    /// Returns the number of messages that would be sent, once it is known.
    fn sendable(self) -> i64 {
        self.shown.with(|shown| {
            shown.as_ref().and_then(|shown| shown.as_ref().ok()).map_or(0, |found| found.sendable)
        })
    }
}

/// The form, with the preview of the saved text beside it.
pub(super) fn draft(context: CampaignContext) -> AnyView {
    let Some(campaign) = context.campaign.get_untracked() else { return ().into_any() };
    let draft = Draft::new(context, campaign.clone());
    if !campaign.body.is_empty() {
        draft.load_preview();
    }
    let rows = plural!(
        campaign.rows,
        "{rows} row, {rejected} cannot be used",
        "{rows} rows, {rejected} cannot be used",
        rows = number(campaign.rows),
        rejected = number(campaign.rejected_rows)
    );
    let beside = move || {
        draft.shown.with(|shown| match shown {
            None if draft.form.busy.get() => skeleton(5),
            None => {
                view! { <p class="text-sm">{t!("Enter a text and save it to see what would be sent.")}</p> }
                    .into_any()
            }
            Some(Err(error)) => failed(error, Callback::new(move |()| draft.load_preview())),
            Some(Ok(found)) => preview(found),
        })
    };
    let sendable = Memo::new(move |_| draft.sendable());
    let is_ready = Memo::new(move |_| draft.is_saved() && sendable.get() > 0);
    let save = Callback::new(move |()| draft.save());
    view! {
        <div class="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
            <div class="flex flex-col gap-4">
                <section aria-labelledby="message" class="rounded-box border border-base-300 p-4">
                    <h2 id="message" class="font-semibold">{t!("Message")}</h2>
                    <p class="mb-3 text-sm text-quiet">{rows}</p>
                    {fields(draft, &campaign.columns)}
                </section>
                {start(context, is_ready, sendable, save)}
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

fn fields(draft: Draft, columns: &[String]) -> AnyView {
    let Draft { context, form, conflict, inputs, .. } = draft;
    let numbers = team_numbers(context);
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
        draft.save();
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
            {conflict.view()}
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
