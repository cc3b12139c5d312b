//! The column mapping of a team, for daily files whose columns do not have the usual names.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{daily_file::ColumnMapping, ids::TeamId};

use crate::{
    api::RequestError,
    components::{
        conflict::{Changes, Conflict, Version},
        form::{Field, Form},
        notices::use_notices,
        placeholder::{failed, skeleton},
        when::when,
    },
    language::t,
    session::use_client,
    tasks::TaskScope,
};

/// A collapsed section that fetches the mapping when it is opened.
pub(super) fn columns(team: TeamId) -> AnyView {
    let opened = RwSignal::new(false);
    view! {
        <details class="rounded-box border border-base-300 p-4">
            <summary class="w-fit cursor-pointer font-semibold" on:click=move |_| opened.set(true)>
                {t!("Columns")}
            </summary>
            {when(move || opened.get(), move || mapping(team))}
        </details>
    }
    .into_any()
}

fn mapping(team: TeamId) -> AnyView {
    let client = use_client();
    let loaded = RwSignal::new(None::<Result<Version<ColumnMapping>, RequestError>>);
    let scope = TaskScope::current();
    let fetch = move || {
        loaded.set(None);
        scope.spawn(async move {
            let response = client.get_column_mapping(team).await;
            loaded.try_set(Some(response));
        });
    };
    fetch();
    let body = move || {
        loaded.with(|loaded| match loaded {
            None => skeleton(3),
            Some(Err(error)) => failed(error, Callback::new(move |()| fetch())),
            Some(Ok(mapping)) => form(team, mapping.clone()),
        })
    };
    view! { <div class="mt-3">{body}</div> }.into_any()
}

fn form(team: TeamId, loaded: Version<ColumnMapping>) -> AnyView {
    let client = use_client();
    let notices = use_notices();
    let form = Form::new();
    let input = |value: Option<String>| RwSignal::new(value.unwrap_or_default());
    let mapping = loaded.0.clone();
    let (reference, name, number) = (input(mapping.reference), input(mapping.name), input(mapping.number));
    let conflict = Conflict::new();
    let base = StoredValue::new(loaded);
    let compare = move |changes: &mut Changes, before: &ColumnMapping, theirs: &ColumnMapping| {
        let shown = |name: &Option<String>| name.clone().unwrap_or_default();
        for (label, input, before, theirs) in [
            (t!("Ref"), reference, &before.reference, &theirs.reference),
            (t!("Name"), name, &before.name, &theirs.name),
            (t!("Number"), number, &before.number, &theirs.number),
        ] {
            changes.text(label, input, (&shown(before), &shown(theirs)));
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let mapping = ColumnMapping {
            reference: column_name(&reference.get_untracked()),
            name: column_name(&name.get_untracked()),
            number: column_name(&number.get_untracked()),
        };
        let request = async move {
            let send = async |version: String| client.update_column_mapping(team, &mapping, &version).await;
            conflict.save(base, send, compare).await
        };
        form.send(request, move |saved| {
            let Some(saved) = saved else { return };
            let mapping = saved.0.clone();
            base.set_value(saved);
            for (input, saved) in
                [(reference, mapping.reference), (name, mapping.name), (number, mapping.number)]
            {
                input.set(saved.unwrap_or_default());
            }
            notices.info(t!("The columns are saved. They apply from the next file."));
        });
    };
    let field = |name, label, hint, value| form.text_field(Field { hint, ..Field::text(name, label, value) });
    view! {
        <form class="flex max-w-xl flex-col gap-4" novalidate on:submit=submit>
            <p class="text-sm">
                {t!("If the team’s files use other column names, enter them here. If you leave a box empty, the usual names apply, in upper or lower case.")}
            </p>
            {field("ref", t!("Ref"), t!("Usually: Ref, Reference, Customer ref, Account number"), reference)}
            {field("name", t!("Name"), t!("Usually: Name, Customer name"), name)}
            {field("number", t!("Number"), t!("Usually: Number, Phone, Mobile, Telephone"), number)}
            {conflict.view()}
            {form.error()}
            <div>{form.submit(t!("Save columns"))}</div>
        </form>
    }
    .into_any()
}

/// Returns the column name in an input, or `None` if it is empty.
fn column_name(input: &str) -> Option<String> {
    let name = input.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_input_has_no_column_name() {
        assert_eq!(column_name(" Cust No "), Some("Cust No".to_owned()));
        assert_eq!(column_name("  "), None);
    }
}
