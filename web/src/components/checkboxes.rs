//! Groups of checkboxes for permissions and teams. The caller decides which checkboxes are offered.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{account::Permission, ids::TeamId, team::TeamSummary};

use super::{
    form::{Form, hint_and_error},
    permission::label,
    person::isolated,
};
use crate::language::t;

/// A group of checkboxes. `field` is the name in the request.
pub(crate) fn group(
    form: Form,
    field: &'static str,
    legend: &'static str,
    hint: &'static str,
    boxes: AnyView,
) -> AnyView {
    let description_id = format!("error-{field}");
    let described_by = description_id.clone();
    view! {
        <fieldset aria-describedby=described_by class="flex min-w-0 flex-col gap-1">
            <legend class="mb-1 text-sm font-medium">{legend}</legend>
            <div class="grid gap-x-4 gap-y-1 sm:grid-cols-2">{boxes}</div>
            {hint_and_error(description_id, hint, form.field_error(field))}
        </fieldset>
    }
    .into_any()
}

/// A checkbox with its label.
pub(crate) fn checkbox(
    label: String,
    checked: Signal<bool>,
    disabled: Signal<bool>,
    change: Callback<bool>,
) -> AnyView {
    view! {
        <label class="flex min-h-6 items-center gap-2 text-sm">
            <input
                type="checkbox"
                class="checkbox checkbox-sm shrink-0"
                prop:checked=checked
                disabled=disabled
                on:change:target=move |event| change.run(event.target().checked())
            />
            <span class="min-w-0 wrap-anywhere" dir="auto">{label}</span>
        </label>
    }
    .into_any()
}

/// A checkbox for each offered permission.
pub(crate) fn permissions(
    form: Form,
    hint: &'static str,
    offered: Vec<Permission>,
    chosen: RwSignal<BTreeSet<Permission>>,
    disabled: Signal<bool>,
) -> AnyView {
    let boxes = offered.into_iter().map(|permission| {
        let checked = Signal::derive(move || chosen.with(|chosen| chosen.contains(&permission)));
        let change = Callback::new(move |on| chosen.update(|chosen| set_member(chosen, permission, on)));
        checkbox(label(permission).to_owned(), checked, disabled, change)
    });
    group(form, "permissions", t!("Permissions"), hint, boxes.collect_view().into_any())
}

/// A checkbox for each team, including teams created while the dialog is open. A chosen team that is not offered stays
/// chosen.
pub(crate) fn teams(
    form: Form,
    hint: &'static str,
    offered: RwSignal<Vec<TeamSummary>>,
    chosen: RwSignal<BTreeSet<TeamId>>,
) -> AnyView {
    // A memo, so that an update without a change does not redraw checkboxes that are in use.
    let offered = Memo::new(move |_| offered.get());
    let boxes = move || {
        let boxes = offered.get().into_iter().map(|team| {
            let id = team.id;
            let checked = Signal::derive(move || chosen.with(|chosen| chosen.contains(&id)));
            let change = Callback::new(move |on| chosen.update(|chosen| set_member(chosen, id, on)));
            checkbox(team.name, checked, Signal::stored(false), change)
        });
        boxes.collect_view()
    };
    group(form, "team_ids", t!("Teams"), hint, boxes.into_any())
}

/// Returns the names of the teams with these ids, in the order of the list.
pub(crate) fn team_names(teams: &[TeamSummary], ids: &[TeamId]) -> String {
    let named = teams.iter().filter(|team| ids.contains(&team.id)).map(|team| team.name.as_str());
    named.map(isolated).collect::<Vec<_>>().join(", ")
}

/// Adds or removes an item.
pub(crate) fn set_member<T: Ord>(set: &mut BTreeSet<T>, item: T, on: bool) {
    if on {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(id: i64, name: &str) -> TeamSummary {
        TeamSummary {
            id: TeamId(id),
            name: name.to_owned(),
            numbers: Vec::new(),
            region: "GB".to_owned(),
            time_zone: "Europe/London".to_owned(),
        }
    }

    #[test]
    fn team_names_follow_the_order_of_the_list_and_unknown_teams_are_left_out() {
        let teams = [team(2, "Claims"), team(1, "Support")];
        assert_eq!(team_names(&teams, &[TeamId(1), TeamId(9), TeamId(2)]), "Claims, Support");
        assert_eq!(team_names(&teams, &[]), "");
    }

    #[test]
    fn a_checkbox_adds_or_removes_its_item() {
        let mut set = BTreeSet::from([1]);
        set_member(&mut set, 2, true);
        set_member(&mut set, 1, false);
        assert_eq!(set, BTreeSet::from([2]));
    }
}
