//! The dialog that records an opt-out or opt-in for any number.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{
    PhoneNumber,
    consent::{ConsentState, NewConsent},
    team::TeamSummary,
};

use crate::{
    components::{
        dialog::Dialog,
        form::{Field, Form, hint_and_error},
        notices::use_notices,
        person::isolated,
    },
    language::t,
    session::use_client,
};

/// The dialog.
#[component]
pub(super) fn Record(teams: Vec<TeamSummary>, close: Callback<()>, done: Callback<()>) -> impl IntoView {
    let client = use_client();
    let notices = use_notices();
    let form = Form::new();
    let first = teams.iter().find_map(|team| team.numbers.first().cloned());
    let team_number = RwSignal::new(first);
    let number = RwSignal::new(String::new());
    let state = RwSignal::new(ConsentState::OptedOut);
    let note = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(team_number) = team_number.get_untracked() else { return };
        let new = NewConsent {
            team_number,
            number: number.get_untracked().trim().to_owned(),
            state: state.get_untracked(),
            note: note.get_untracked(),
        };
        form.send(async move { client.create_consent(&new).await }, move |consent| {
            notices.info(&t!("Recorded for {number}.", number = consent.number.display()));
            done.try_run(());
            close.try_run(());
        });
    };
    let number_field = Field {
        kind: "tel",
        hint: t!("Any format, e.g. 07700 900123"),
        ..Field::text("number", t!("Customer’s number"), number)
    };
    let note_field =
        Field { hint: t!("How did the customer tell you?"), ..Field::text("note", t!("Note"), note) };
    view! {
        <Dialog title=t!("Record an opt-out or opt-in").to_owned() close>
            <form class="flex flex-col gap-4" novalidate on:submit=submit>
                {team_number_select(form, &teams, team_number)}
                {form.text_field(number_field)}
                <fieldset>
                    <legend class="mb-1 text-sm font-medium">{t!("The customer")}</legend>
                    <div class="flex flex-wrap gap-x-6 gap-y-2">
                        {state_choice(state, ConsentState::OptedOut, t!("opted out"))}
                        {state_choice(state, ConsentState::OptedIn, t!("opted in again"))}
                    </div>
                </fieldset>
                {form.text_area(note_field)}
                {form.error()}
                {form.actions(close, t!("Record"))}
            </form>
        </Dialog>
    }
}

fn team_number_select(form: Form, teams: &[TeamSummary], chosen: RwSignal<Option<PhoneNumber>>) -> AnyView {
    let error = form.field_error("team_number");
    let option = |team: &TeamSummary, number: &PhoneNumber| {
        view! {
            <option value=number.as_str().to_owned()>{format!("{} · {}", isolated(&team.name), number.display())}</option>
        }
    };
    let numbers = teams.iter().flat_map(|team| team.numbers.iter().map(move |number| (team, number)));
    let options = numbers.map(|(team, number)| option(team, number)).collect_view();
    view! {
        <div class="flex flex-col gap-1">
            <label for="field-team-number" class="text-sm font-medium">{t!("Team number")}</label>
            <select
                id="field-team-number"
                class="select w-full"
                name="team_number"
                aria-describedby="error-team-number"
                aria-invalid=move || error.with(Option::is_some).to_string()
                on:change:target=move |event| chosen.set(event.target().value().parse().ok())
            >
                {options}
            </select>
            {hint_and_error("error-team-number".to_owned(), "", error)}
        </div>
    }
    .into_any()
}

fn state_choice(chosen: RwSignal<ConsentState>, state: ConsentState, label: &'static str) -> AnyView {
    view! {
        <label class="flex items-center gap-2">
            <input
                type="radio"
                name="state"
                class="radio radio-sm"
                prop:checked=move || chosen.get() == state
                on:change=move |_| chosen.set(state)
            />
            {label}
        </label>
    }
    .into_any()
}
