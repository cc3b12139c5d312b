//! The number fields: the customer's number, checked while it is typed, and the team number to send from.

use leptos::{html, prelude::*};
use shared::{PhoneNumber, conversation::NumberCheck};

use super::state::{AdHocState, Blocked, unusable};
use crate::{
    components::{consent::opted_out, form::hint_and_error, person::isolated},
    language::{t, with_views},
    time_zone::Zone,
};

/// Id of the notice that describes the disabled Send button.
pub(super) const BLOCKED: &str = "ad-hoc-blocked";

/// The field for the customer's number.
pub(super) fn number_field(state: AdHocState) -> AnyView {
    let error = state.composer.form.field_error("number");
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    let hint = move || {
        state.checked.with(|checked| match checked {
            // The error below says it.
            Some(Ok(check)) if !check.valid && error.with(Option::is_some) => String::new(),
            Some(Ok(check)) => description(check),
            Some(Err(error)) => error.message(),
            None if state.typed.with(|typed| typed.trim().is_empty()) => {
                t!("Any format, e.g. 07700 900123").to_owned()
            }
            None => "…".to_owned(),
        })
    };
    view! {
        <div class="flex flex-col gap-1">
            <label for="ad-hoc-number" class="text-sm font-medium">{t!("Number")}</label>
            <input
                node_ref=input
                id="ad-hoc-number"
                class="input w-full tabular-nums"
                type="tel"
                name="number"
                autocomplete="off"
                aria-describedby="ad-hoc-known error-number"
                aria-invalid=move || error.with(Option::is_some).to_string()
                prop:value=state.typed
                prop:readOnly=move || state.composer.form.busy.get()
                on:input:target=move |event| state.composer.change(|draft| draft.details.to = event.target().value())
            />
            <p id="ad-hoc-known" role="status" class="min-h-5 text-sm wrap-anywhere">{hint}</p>
            {hint_and_error("error-number".to_owned(), "", error)}
        </div>
    }
    .into_any()
}

/// "+44 7700 900123 · Maria Jones (A-10021)", or why the number is not valid.
fn description(check: &NumberCheck) -> String {
    if !check.valid {
        return unusable(check.reason.as_deref());
    }
    let grouped = check.international.clone().or_else(|| check.number.as_ref().map(PhoneNumber::display));
    let mut text = grouped.unwrap_or_default();
    if let Some(customer) = &check.customer {
        text.push_str(" · ");
        text.push_str(&isolated(&customer.name));
        text.push_str(" (");
        text.push_str(&isolated(&customer.reference));
        text.push(')');
    }
    text
}

/// The drop-down of team numbers to send from, if there are several.
pub(super) fn from_field(state: AdHocState) -> AnyView {
    let numbers = state.team.with_value(|team| team.numbers.clone());
    if numbers.len() < 2 {
        return ().into_any();
    }
    let error = state.composer.form.field_error("from");
    let chosen = Memo::new(move |_| state.from());
    let option = |number: &PhoneNumber| {
        let (this, opted_out_of) = (number.clone(), number.clone());
        let is_opted_out = move || {
            state.checked.with(|checked| {
                let consents = checked.iter().flatten().flat_map(|check| &check.opted_out);
                consents.into_iter().any(|consent| consent.team_number == opted_out_of)
            })
        };
        view! {
            <option
                value=number.as_str().to_owned()
                prop:selected=move || chosen.with(|chosen| chosen.as_ref() == Some(&this))
            >
                {number.display()}
                {move || is_opted_out().then(|| format!(" – {}", t!("opted out")))}
            </option>
        }
    };
    let options = numbers.iter().map(option).collect_view();
    view! {
        <div class="flex flex-col gap-1">
            <label for="ad-hoc-from" class="text-sm font-medium">{t!("From")}</label>
            <select
                id="ad-hoc-from"
                class="select w-full tabular-nums"
                name="from"
                aria-describedby="error-from"
                aria-invalid=move || error.with(Option::is_some).to_string()
                on:change:target=move |event| {
                    let number = event.target().value().parse().ok();
                    state.composer.change(|draft| draft.details.from = number);
                }
            >
                {options}
            </select>
            {hint_and_error("error-from".to_owned(), "", error)}
        </div>
    }
    .into_any()
}

/// The notice that explains why no message can be sent to the number, with the next step.
pub(super) fn blocked_notice(state: AdHocState) -> AnyView {
    let zone = state.team.with_value(|team| Zone::new(&team.time_zone));
    let blocked = Memo::new(move |_| state.blocked());
    let notice = move || {
        blocked.get().map(|blocked| match blocked {
            Blocked::Open(conversation) => view! {
                <div class="alert alert-warning flex flex-wrap items-center justify-between gap-2">
                    <p id=BLOCKED>{t!("A conversation with this number is in progress. Reply there.")}</p>
                    <a href=format!("/conversations/{conversation}") class="btn btn-sm">
                        {t!("Open the conversation")}
                    </a>
                </div>
            }
            .into_any(),
            Blocked::OptedOut(consent) => view! {
                <div class="alert alert-warning flex flex-col items-start gap-1">
                    <p id=BLOCKED class="wrap-anywhere">
                        {with_views(t!("This number {opted_out}."), [("opted_out", opted_out(&consent, &zone))])}
                    </p>
                    <p>{see_opt_outs()}</p>
                </div>
            }
            .into_any(),
        })
    };
    view! { <div role="alert" class="empty:hidden">{notice}</div> }.into_any()
}

fn see_opt_outs() -> AnyView {
    let link = view! { <a href="/consents" class="link">{t!("Opt-outs")}</a> }.into_any();
    with_views(t!("You cannot send messages to it from that number. See {link}."), [("link", link)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: serde_json::Value) -> NumberCheck {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_number_is_shown_with_its_customer() {
        let mut known = serde_json::json!({
            "number": "+447700900123", "international": "+44 7700 900123", "valid": true, "reason": null,
            "customer": {"ref": "A-10021", "name": "Maria Jones"}, "from": null, "conversation_id": null, "opted_out": [],
        });
        assert_eq!(description(&check(known.clone())), "+44 7700 900123 · Maria Jones (A-10021)");
        known["customer"] = serde_json::Value::Null;
        assert_eq!(description(&check(known)), "+44 7700 900123");
    }

    #[test]
    fn an_invalid_number_is_shown_with_the_reason() {
        let mut unknown = serde_json::json!({
            "number": null, "international": null, "valid": false, "reason": "Too short.",
            "customer": null, "from": null, "conversation_id": null, "opted_out": [],
        });
        assert_eq!(description(&check(unknown.clone())), "Too short.");
        unknown["reason"] = serde_json::Value::Null;
        assert_eq!(description(&check(unknown)), "This number cannot receive messages.");
    }
}
