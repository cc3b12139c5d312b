//! The legal holds of a team: what must not be erased.

use leptos::prelude::*;
use shared::legal_hold::{LegalHold, NewLegalHold};

use super::team::TeamContext;
use crate::{
    components::{
        confirmation::{Confirmation, confirm},
        form::{Field, Form},
        timestamp::date_and_time,
    },
    keys::focus_first,
    language::t,
    tasks::TaskScope,
    time_zone::Zone,
};

/// The "Legal holds" section of a team's page.
pub(super) fn holds(context: TeamContext) -> AnyView {
    let holds = RwSignal::new(Vec::<LegalHold>::new());
    let to_lift = RwSignal::new(None::<LegalHold>);
    let scope = TaskScope::current();
    let fetch = Callback::new(move |()| {
        scope.spawn(async move {
            match context.client.list_legal_holds(context.id).await {
                Ok(found) => {
                    holds.try_set(found);
                }
                Err(error) => context.notices.error(&error),
            }
        });
    });
    fetch.run(());
    let zone =
        context.team.with_untracked(|team| Zone::new(team.as_ref().map_or("UTC", |team| &team.time_zone)));
    let item = move |hold: LegalHold| {
        let covers = covers(&hold);
        let (name, reason, at) = (covers.clone(), hold.reason.clone(), hold.created_at);
        let by = t!("by {name}", name = hold.created_by.clone());
        view! {
            <li class="flex items-center justify-between gap-3 py-1">
                <span class="min-w-0 text-sm">
                    <span class="font-medium tabular-nums">{covers}</span>
                    " · "
                    <bdi class="wrap-anywhere">{reason}</bdi>
                    <span class="block text-xs text-quiet">{date_and_time(at, &zone)} " " <bdi>{by}</bdi></span>
                </span>
                <button type="button" class="btn btn-sm" on:click=move |_| to_lift.set(Some(hold.clone()))>
                    {t!("Lift")}
                    <span class="sr-only">" " {name}</span>
                </button>
            </li>
        }
    };
    view! {
        <section aria-labelledby="holds" class="rounded-box border border-base-300 p-4">
            <h2 id="holds" tabindex="-1" class="mb-2 font-semibold outline-none">{t!("Legal holds")}</h2>
            <p class="mb-2 text-sm">{t!("What a legal hold covers cannot be erased.")}</p>
            <ul class="mb-3 empty:hidden">{move || holds.get().into_iter().map(item.clone()).collect_view()}</ul>
            {add(context, fetch)}
        </section>
        {move || to_lift.get().map(|hold| lift(context, to_lift, hold, fetch))}
    }
    .into_any()
}

fn covers(hold: &LegalHold) -> String {
    hold.number.as_ref().map_or_else(|| t!("The whole team").to_owned(), |number| number.display())
}

fn add(context: TeamContext, added: Callback<()>) -> AnyView {
    let form = Form::with_prefix("hold-");
    let (number, reason) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = Some(number.get_untracked()).filter(|number| !number.trim().is_empty());
        let hold = NewLegalHold { number: typed, reason: reason.get_untracked() };
        form.send(async move { context.client.create_legal_hold(context.id, &hold).await }, move |_| {
            number.set(String::new());
            reason.set(String::new());
            added.run(());
        });
    };
    let field = Field {
        kind: "tel",
        hint: t!("Leave empty for the whole team."),
        ..Field::text("number", t!("The customer’s number"), number)
    };
    view! {
        <form class="flex flex-col gap-2" novalidate on:submit=submit>
            {form.text_field(field)}
            {form.text_field(Field::text("reason", t!("Reason"), reason))}
            {form.error()}
            <div>{form.submit(t!("Set legal hold"))}</div>
        </form>
    }
    .into_any()
}

fn lift(
    context: TeamContext,
    to_lift: RwSignal<Option<LegalHold>>,
    hold: LegalHold,
    lifted: Callback<()>,
) -> AnyView {
    let confirmation = Confirmation {
        title: t!("Lift the hold of {covers}?", covers = covers(&hold)),
        text: t!("Its data can be erased again."),
        button: t!("Lift hold"),
        is_dangerous: true,
    };
    let close = Callback::new(move |()| to_lift.set(None));
    let done = Callback::new(move |()| {
        to_lift.set(None);
        request_animation_frame(|| focus_first("#holds"));
        lifted.run(());
    });
    let request = move || async move { context.client.delete_legal_hold(context.id, hold.id).await };
    confirm(confirmation, close, request, done)
}
