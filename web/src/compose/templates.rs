//! The template drop-down. Choosing a template puts its text into the message box, filled in for the customer.
//!
//! Pages fetch the templates, because each page fills them in for its own customer.

use leptos::prelude::*;
use shared::{PhoneNumber, ids::TemplateId, template::RenderedTemplate};

use super::{
    Composer,
    draft::{Details, Draft},
    template_search::TypedSearch,
};
use crate::{api::RequestError, components::when::when, language::t};

/// The fetched templates, or why they could not be fetched; `None` until then.
pub(crate) type Templates = Option<Result<TemplateList, RequestError>>;

/// The templates to choose from.
#[derive(Clone)]
pub(crate) struct TemplateList {
    templates: Vec<RenderedTemplate>,
    /// The typed number whose customer's data filled them in.
    pub(super) filled_for: Option<PhoneNumber>,
}

impl TemplateList {
    pub(crate) fn new(templates: Vec<RenderedTemplate>, filled_for: Option<PhoneNumber>) -> Self {
        Self { templates, filled_for }
    }

    /// Returns all templates.
    pub(super) fn all(&self) -> &[RenderedTemplate] {
        &self.templates
    }

    /// Returns the template with this id.
    pub(super) fn find(&self, id: TemplateId) -> Option<&RenderedTemplate> {
        self.templates.iter().find(|template| template.id == id)
    }
}

impl<D: Details> Composer<D> {
    /// Shows fetched templates, or why they could not be fetched. An unedited template text in the message box is
    /// filled in again with the new values.
    pub(crate) fn show_templates(self, response: Result<TemplateList, RequestError>) {
        let is_busy = self.form.busy.try_get_untracked() != Some(false);
        if let Ok(list) = &response
            && !is_busy
            // After a reload, the first list without a number may lack the customer that the agent had picked.
            && (self.are_templates_loaded() || list.filled_for.is_some())
            // A draft that stays is not stored again: that would replace the draft of another tab.
            && let Some(refilled) = self.draft.with_untracked(|draft| draft.refilled(list))
        {
            self.update(|draft| *draft = refilled);
        }
        self.templates.try_set(Some(response));
    }

    /// Returns whether the templates have been fetched, untracked.
    pub(crate) fn are_templates_loaded(self) -> bool {
        self.templates.try_with_untracked(|templates| matches!(templates, Some(Ok(_)))) == Some(true)
    }

    /// Replaces the text with a template. A replaced text of the agent can be restored.
    pub(crate) fn choose_template(self, id: TemplateId) {
        let Some((template, filled_for)) = self.find_template(id) else { return };
        let before = self.draft.get_untracked();
        if !before.has_unedited_template() && !before.text.shown().trim().is_empty() {
            self.replaced.set(Some(before));
        }
        self.change(|draft| draft.choose_template(&template, filled_for));
        self.focus();
    }

    /// Puts a template in place of the search for it. The rest of the text stays.
    pub(super) fn insert_template(self, id: TemplateId, typed: &TypedSearch) {
        let Some((template, filled_for)) = self.find_template(id) else { return };
        if self.draft.with_untracked(|draft| typed.is_all_of(&draft.text.shown())) {
            // A search is no text to restore.
            self.replaced.set(None);
            self.change(|draft| draft.choose_template(&template, filled_for));
            return self.focus();
        }
        if let Some(message_box) = self.message_box.get_untracked() {
            typed.replace(&message_box, &template.rendered);
            self.change(|draft| draft.contain_template(&template, filled_for));
        }
    }

    fn find_template(self, id: TemplateId) -> Option<(RenderedTemplate, Option<PhoneNumber>)> {
        self.templates.with_untracked(|templates| {
            let list = templates.as_ref()?.as_ref().ok()?;
            Some((list.find(id)?.clone(), list.filled_for.clone()))
        })
    }
}

/// The drop-down, with buttons to fetch the templates again and to restore the replaced text.
pub(crate) fn template_choice<D: Details>(composer: Composer<D>, retry: Callback<()>) -> AnyView {
    let templates = composer.templates;
    let selected = Memo::new(move |_| composer.draft.with(Draft::template_id));
    let choose = move |value: String| match value.parse() {
        Ok(id) => composer.choose_template(id),
        Err(_) => composer.change(|draft| draft.template = None),
    };
    let placeholder = move || {
        templates.with(|templates| match templates {
            None => t!("Loading templates…"),
            Some(Err(_)) => t!("Templates could not be loaded"),
            Some(Ok(list)) if list.templates.is_empty() => t!("No templates"),
            Some(Ok(_)) => t!("Choose a template"),
        })
    };
    let option = move |template: &RenderedTemplate| {
        let id = template.id;
        view! {
            <option value=id.to_string() prop:selected=move || selected.get() == Some(id)>
                {template.name.clone()}
            </option>
        }
    };
    let options = move || {
        templates.with(|templates| {
            let lists = templates.iter().flatten();
            lists.flat_map(|list| &list.templates).map(option).collect_view()
        })
    };
    view! {
        <div class="flex flex-wrap items-center gap-2">
            <label class="flex max-w-full min-w-0 flex-wrap items-center gap-2 text-sm">
                <span class="font-medium">{t!("Template")}</span>
                <select class="select select-sm w-56" on:change:target=move |event| choose(event.target().value())>
                    <option value="" prop:selected=move || selected.get().is_none()>{move || placeholder()}</option>
                    {move || options()}
                </select>
            </label>
            {retry_button(composer, retry)}
            {restore_button(composer)}
        </div>
    }
    .into_any()
}

fn retry_button<D: Details>(composer: Composer<D>, retry: Callback<()>) -> AnyView {
    when(
        move || composer.templates.with(|templates| matches!(templates, Some(Err(_)))),
        move || {
            view! {
                <button type="button" class="btn btn-sm" on:click=move |_| retry.run(())>
                    <span aria-hidden="true">{t!("Retry")}</span>
                    <span class="sr-only">{t!("Retry loading the templates")}</span>
                </button>
            }
            .into_any()
        },
    )
}

fn restore_button<D: Details>(composer: Composer<D>) -> AnyView {
    when(
        move || composer.replaced.with(Option::is_some),
        move || {
            view! {
                <button type="button" class="btn btn-sm btn-ghost" on:click=move |_| composer.restore_replaced()>
                    {t!("Restore my text")}
                </button>
            }
            .into_any()
        },
    )
}
