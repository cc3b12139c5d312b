//! The text field of a template: message box, character counter, buttons that insert placeholders, and a preview.

use std::slice;

use leptos::{html, prelude::*};
use shared::{
    ids::TeamId,
    template::{Placeholder, fill},
};

use crate::{
    api::{Client, RequestError},
    components::{
        form::{Form, hint_and_error},
        placeholder::failed,
        when::when,
    },
    compose::{counter::counter, text::braced},
    language::t,
    tasks::spawn,
};

type Known = RwSignal<Option<Result<Vec<Placeholder>, RequestError>>>;

/// The `body` field.
pub(super) fn text(client: Client, form: Form, team: Option<TeamId>, body: RwSignal<String>) -> AnyView {
    let area = NodeRef::<html::Textarea>::new();
    let known: Known = RwSignal::new(None);
    let fetch = move || {
        spawn(async move {
            let response = client.list_placeholders(team).await;
            known.try_set(Some(response));
        });
    };
    fetch();
    let error = form.field_error("body");
    view! {
        <div class="flex flex-col gap-1">
            <div class="flex flex-wrap items-baseline justify-between gap-x-4">
                <label for="field-body" class="text-sm font-medium">{t!("Text")}</label>
                {counter(Memo::new(move |_| body.get()), area)}
            </div>
            <textarea
                node_ref=area
                id="field-body"
                class="textarea max-h-60 min-h-24 w-full text-base field-sizing-content"
                rows="4"
                dir="auto"
                aria-describedby="error-body message-count"
                aria-invalid=move || error.with(Option::is_some).to_string()
                prop:value=body
                on:input:target=move |event| body.set(event.target().value())
            ></textarea>
            {hint_and_error("error-body".to_owned(), "", error)}
        </div>
        {move || known.with(|known| match known {
            None => ().into_any(),
            Some(Err(error)) => failed(error, Callback::new(move |()| fetch())),
            Some(Ok(known)) => buttons(known, area, body),
        })}
        {preview(known, body)}
    }
    .into_any()
}

/// Buttons that insert placeholders into the text at the cursor.
pub(crate) fn buttons(
    known: &[Placeholder],
    area: NodeRef<html::Textarea>,
    body: RwSignal<String>,
) -> AnyView {
    let button = |placeholder: &Placeholder| {
        let mark = braced(slice::from_ref(&placeholder.name));
        let name = placeholder.name.clone();
        view! {
            <button type="button" class="btn btn-xs h-auto min-h-6 max-w-full wrap-anywhere" on:click=move |_| insert(area, body, &mark)>
                <bdi>{name}</bdi>
            </button>
        }
    };
    view! {
        <fieldset class="min-w-0">
            <legend class="mb-1 text-sm font-medium">{t!("Insert a field")}</legend>
            <div class="flex flex-wrap gap-1">{known.iter().map(button).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

/// Inserts a placeholder at the cursor, replacing the selection.
fn insert(area: NodeRef<html::Textarea>, body: RwSignal<String>, mark: &str) {
    let Some(area) = area.get_untracked() else { return };
    let start = area.selection_start().ok().flatten().unwrap_or_default();
    if area.set_range_text(mark).is_err() {
        return;
    }
    // The browser counts UTF-16 units.
    let after = start + u32::try_from(mark.encode_utf16().count()).unwrap_or_default();
    let _ = area.set_selection_range(after, after);
    let _ = area.focus();
    body.set(area.value());
}

fn preview(known: Known, body: RwSignal<String>) -> AnyView {
    let filled = Memo::new(move |_| {
        known.with(|known| {
            let known = known.as_ref()?.as_ref().ok()?;
            body.with(|body| (!body.trim().is_empty()).then(|| (sample(body, known), names(known))))
        })
    });
    let warning = move || {
        filled.with(|filled| {
            let ((_, unknown), known) = filled.as_ref()?;
            (!unknown.is_empty()).then(|| {
                t!(
                    "Unknown field: {unknown}. You can use: {known}.",
                    unknown = braced(unknown),
                    known = braced(known)
                )
            })
        })
    };
    when(
        move || filled.with(Option::is_some),
        move || {
            let read = move || filled.with(|filled| filled.as_ref().map(|((text, _), _)| text.clone()));
            view! {
                <div class="flex flex-col gap-1">
                    <p class="text-sm font-medium">{t!("Preview")}</p>
                    <p dir="auto" class="rounded-box bg-base-200 px-3 py-2 wrap-anywhere whitespace-pre-wrap">{read}</p>
                    <p role="status" class="text-sm font-medium wrap-anywhere text-failed empty:hidden">
                        {warning}
                    </p>
                </div>
            }
            .into_any()
        },
    )
}

fn names(known: &[Placeholder]) -> Vec<String> {
    known.iter().map(|placeholder| placeholder.name.clone()).collect()
}

/// Returns the text filled in for the sample customer, and the unknown placeholders. Names match in any case, as on the
/// server. A placeholder without a sample value shows its name.
fn sample(body: &str, known: &[Placeholder]) -> (String, Vec<String>) {
    fill(body, |name| {
        let name = name.to_lowercase();
        let found = known.iter().find(|placeholder| placeholder.name.to_lowercase() == name)?;
        Some(found.sample.clone().unwrap_or_else(|| format!("[{}]", found.name)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Placeholder> {
        let placeholder = |name: &str, sample: Option<&str>| Placeholder {
            name: name.to_owned(),
            sample: sample.map(str::to_owned),
        };
        vec![placeholder("name", Some("Maria Jones")), placeholder("Due date", None)]
    }

    #[test]
    fn the_preview_is_filled_in_for_the_sample_customer() {
        let (text, unknown) = sample("Hi {{ Name }}, by {{due date}}.", &known());
        assert_eq!((text.as_str(), unknown.is_empty()), ("Hi Maria Jones, by [Due date].", true));
    }

    #[test]
    fn unknown_placeholders_are_listed_as_typed() {
        let (text, unknown) = sample("{{name}} {{nam}} {{Balance}}", &known());
        assert_eq!(text, "Maria Jones {{nam}} {{Balance}}");
        assert_eq!(braced(&unknown), "{{nam}}, {{Balance}}");
    }
}
