//! Boxes to tick, in a group with a name: permissions and teams.
//!
//! It must never decide what may be ticked; who draws the boxes does.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{account::Permission, ids::TeamId, team::TeamSummary};

use super::{
    form::{Form, explained},
    permission::words,
};

/// A group of boxes; `field` is its name in the request.
pub(crate) fn group(
    form: Form,
    field: &'static str,
    legend: &'static str,
    hint: &'static str,
    boxes: AnyView,
) -> AnyView {
    let told = format!("fault-{field}");
    let described = told.clone();
    view! {
        <fieldset aria-describedby=described class="flex min-w-0 flex-col gap-1">
            <legend class="mb-1 text-sm font-medium">{legend}</legend>
            <div class="grid gap-x-4 gap-y-1 sm:grid-cols-2">{boxes}</div>
            {explained(told, hint, form.fault_of(field))}
        </fieldset>
    }
    .into_any()
}

fn tick(label: String, ticked: Signal<bool>, locked: Signal<bool>, turn: Callback<bool>) -> AnyView {
    view! {
        <label class="flex min-h-6 items-center gap-2 text-sm">
            <input
                type="checkbox"
                class="checkbox checkbox-sm shrink-0"
                prop:checked=ticked
                disabled=locked
                on:change:target=move |event| turn.run(event.target().checked())
            />
            <span class="min-w-0 wrap-anywhere">{label}</span>
        </label>
    }
    .into_any()
}

/// A box per permission on offer.
pub(crate) fn permissions(
    form: Form,
    hint: &'static str,
    offered: Vec<Permission>,
    chosen: RwSignal<BTreeSet<Permission>>,
    locked: Signal<bool>,
) -> AnyView {
    let boxes = offered.into_iter().map(|permission| {
        let ticked = Signal::derive(move || chosen.with(|chosen| chosen.contains(&permission)));
        let turn = Callback::new(move |on| chosen.update(|chosen| put(chosen, permission, on)));
        tick(words(permission).to_owned(), ticked, locked, turn)
    });
    group(form, "permissions", "Permissions", hint, boxes.collect_view().into_any())
}

/// A box per team, also for those that arrive while the dialog is open. What is chosen and not on offer stays chosen.
pub(crate) fn teams(
    form: Form,
    hint: &'static str,
    offered: RwSignal<Vec<TeamSummary>>,
    chosen: RwSignal<BTreeSet<TeamId>>,
) -> AnyView {
    // The same teams again must not draw the boxes anew under somebody's hand.
    let offered = Memo::new(move |_| offered.get());
    let boxes = move || {
        let boxes = offered.get().into_iter().map(|team| {
            let id = team.id;
            let ticked = Signal::derive(move || chosen.with(|chosen| chosen.contains(&id)));
            let turn = Callback::new(move |on| chosen.update(|chosen| put(chosen, id, on)));
            tick(team.name, ticked, Signal::stored(false), turn)
        });
        boxes.collect_view()
    };
    group(form, "team_ids", "Teams", hint, boxes.into_any())
}

/// The names of these teams, in the order of the list.
pub(crate) fn team_names(teams: &[TeamSummary], ids: &[TeamId]) -> String {
    let named = teams.iter().filter(|team| ids.contains(&team.id)).map(|team| team.name.as_str());
    named.collect::<Vec<_>>().join(", ")
}

fn put<T: Ord>(set: &mut BTreeSet<T>, item: T, on: bool) {
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
    fn teams_are_named_in_the_order_of_the_list_and_unknown_ones_left_out() {
        let teams = [team(2, "Claims"), team(1, "Support")];
        assert_eq!(team_names(&teams, &[TeamId(1), TeamId(9), TeamId(2)]), "Claims, Support");
        assert_eq!(team_names(&teams, &[]), "");
    }

    #[test]
    fn a_box_puts_its_item_in_or_takes_it_out() {
        let mut set = BTreeSet::from([1]);
        put(&mut set, 2, true);
        put(&mut set, 1, false);
        assert_eq!(set, BTreeSet::from([2]));
    }
}
