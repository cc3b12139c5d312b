//! Which columns of the team's files hold what, for files whose columns have other names than the usual ones.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{daily_file::ColumnMapping, ids::TeamId};

use crate::{
    api::Fault,
    components::{
        form::{Form, Line},
        notices::use_notices,
        placeholder::{failed, skeleton},
        when::when,
    },
    session::use_client,
    tasks::Home,
};

/// The disclosure; seldom needed, so it asks for nothing before it is opened.
pub(super) fn columns(team: TeamId) -> AnyView {
    let opened = RwSignal::new(false);
    view! {
        <details class="rounded-box border border-base-300 p-4">
            <summary class="w-fit cursor-pointer font-semibold" on:click=move |_| opened.set(true)>
                "Columns"
            </summary>
            {when(move || opened.get(), move || mapping(team))}
        </details>
    }
    .into_any()
}

fn mapping(team: TeamId) -> AnyView {
    let client = use_client();
    let known = RwSignal::new(None::<Result<ColumnMapping, Fault>>);
    let home = Home::here();
    let fetch = move || {
        known.set(None);
        home.start(async move {
            let answer = client.get_column_mapping(team).await;
            known.try_set(Some(answer));
        });
    };
    fetch();
    let body = move || {
        known.with(|known| match known {
            None => skeleton(3),
            Some(Err(fault)) => failed(fault, Callback::new(move |()| fetch())),
            Some(Ok(mapping)) => form(team, mapping.clone()),
        })
    };
    view! { <div class="mt-3">{body}</div> }.into_any()
}

fn form(team: TeamId, mapping: ColumnMapping) -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let form = Form::new();
    let typed = |value: Option<String>| RwSignal::new(value.unwrap_or_default());
    let (reference, name, number) = (typed(mapping.reference), typed(mapping.name), typed(mapping.number));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let mapping = ColumnMapping {
            reference: named(&reference.get_untracked()),
            name: named(&name.get_untracked()),
            number: named(&number.get_untracked()),
        };
        form.send(async move { client.update_column_mapping(team, &mapping).await }, move |saved| {
            for (typed, saved) in [(reference, saved.reference), (name, saved.name), (number, saved.number)] {
                typed.set(saved.unwrap_or_default());
            }
            notices.say("The columns are saved. They count from the next file on.");
        });
    };
    let line = |name, label, hint, value| form.line(Line { hint, ..Line::text(name, label, value) });
    view! {
        <form class="flex max-w-xl flex-col gap-4" novalidate on:submit=submit>
            <p class="text-sm">
                "Name a column here when the team’s files call it something unusual. An empty box means the usual names, in any case."
            </p>
            {line("ref", "Ref", "Usually: Ref, Reference, Customer ref, Account number", reference)}
            {line("name", "Name", "Usually: Name, Customer name", name)}
            {line("number", "Number", "Usually: Number, Phone, Mobile, Telephone", number)}
            {form.fault()}
            <div>{form.submit("Save columns")}</div>
        </form>
    }
    .into_any()
}

/// The name of a column; none for an empty box.
fn named(typed: &str) -> Option<String> {
    let name = typed.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_box_names_no_column() {
        assert_eq!(named(" Cust No "), Some("Cust No".to_owned()));
        assert_eq!(named("  "), None);
    }
}
