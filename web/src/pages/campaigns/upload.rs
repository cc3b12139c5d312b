//! The form that makes a campaign from a file.

use leptos::{ev::SubmitEvent, html, prelude::*};
use shared::{ids::TeamId, team::TeamSummary};

use crate::{
    api::RequestError,
    components::form::{Field, Form, hint_and_error},
    keys::focus_first,
    language::t,
    router::use_router,
    session::{use_client, use_session},
};

/// The form. It opens the new campaign.
pub(super) fn upload_form() -> AnyView {
    let (client, router, form) = (use_client(), use_router(), Form::new());
    let teams: Vec<TeamSummary> = use_session().me().map(|me| me.teams).unwrap_or_default();
    let teams: Vec<TeamSummary> = teams.into_iter().filter(|team| !team.numbers.is_empty()).collect();
    let Some(first) = teams.first().map(|team| team.id) else {
        return view! { <p>{t!("Your teams have no number to send from. Ask an administrator to add one.")}</p> }.into_any();
    };
    let (team, name, input) =
        (RwSignal::new(first), RwSignal::new(String::new()), NodeRef::<html::Input>::new());
    let file_error = form.field_error("file");
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let file = input.get_untracked().and_then(|input| input.files()).and_then(|files| files.get(0));
        let Some(file) = file else {
            form.set_error(RequestError::in_field("file", t!("Choose a CSV file.")));
            return focus_first("#field-file");
        };
        let (team, name) = (team.get_untracked(), name.get_untracked());
        let request = async move { client.create_campaign(team, &name, &file).await };
        form.send(request, move |campaign| router.open(&format!("/campaigns/{}", campaign.id)));
    };
    view! {
        <section aria-labelledby="new-campaign" class="rounded-box border border-base-300 p-4">
            <h2 id="new-campaign" class="mb-3 font-semibold">{t!("New campaign")}</h2>
            <form class="flex max-w-xl flex-col gap-4" novalidate on:submit=submit>
                {(teams.len() > 1).then(|| team_select(teams, team))}
                {form.text_field(Field::text("name", t!("Name"), name))}
                <div class="flex flex-col gap-1">
                    <label for="field-file" class="text-sm font-medium">{t!("CSV file")}</label>
                    <input
                        node_ref=input
                        id="field-file"
                        type="file"
                        accept=".csv,.txt,.tsv,text/csv,text/plain"
                        class="file-input w-full"
                        aria-describedby="error-file"
                        aria-invalid=move || file_error.with(Option::is_some).to_string()
                    />
                    {hint_and_error(
                        "error-file".to_owned(),
                        t!("It needs a header row and columns for ref, name and number, like a daily file. The text can use every column. Nothing is sent yet."),
                        file_error,
                    )}
                </div>
                {form.error()}
                <div>{form.submit(t!("Upload"))}</div>
            </form>
        </section>
    }
    .into_any()
}

fn team_select(teams: Vec<TeamSummary>, chosen: RwSignal<TeamId>) -> AnyView {
    let options = teams.into_iter().map(|team| {
        let id = team.id;
        view! {
            <option value=id.to_string() prop:selected=move || chosen.get() == id>{team.name}</option>
        }
    });
    view! {
        <label class="flex flex-col gap-1">
            <span class="text-sm font-medium">{t!("Team")}</span>
            <select
                class="select w-full"
                on:change:target=move |event| {
                    if let Ok(id) = event.target().value().parse() {
                        chosen.set(id);
                    }
                }
            >
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}
