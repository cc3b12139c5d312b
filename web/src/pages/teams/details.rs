//! A team's name, region and time zone, as one types them.

use leptos::prelude::*;
use shared::team::{NewTeam, TeamDetail};

use crate::{
    components::form::{Form, Line},
    session::use_session,
    time_zone::known_zones,
};

/// The regions that desks are usually in; any other can be typed.
const REGIONS: [&str; 20] = [
    "AT", "AU", "BE", "CA", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "NZ", "PL",
    "PT", "SE", "US",
];

/// What is typed, and what of it came from the server.
#[derive(Clone, Copy)]
pub(super) struct Details {
    name: Field,
    region: Field,
    time_zone: Field,
    help_reply: Field,
}

#[derive(Clone, Copy)]
struct Field {
    typed: RwSignal<String>,
    known: StoredValue<String>,
}

impl Field {
    fn new(known: String) -> Self {
        Self { typed: RwSignal::new(known.clone()), known: StoredValue::new(known) }
    }

    fn is_changed(self) -> bool {
        self.known.with_value(|known| self.typed.with_untracked(|typed| typed != known))
    }

    /// Shows what the server has, unless something else was typed.
    fn arrived(self, value: &str) {
        let changed = self.is_changed();
        self.known.set_value(value.to_owned());
        if !changed && self.typed.with_untracked(|typed| typed != value) {
            self.typed.set(value.to_owned());
        }
    }
}

impl Details {
    /// Those of a team that does not exist yet: where one's own first team is.
    pub(super) fn new() -> Self {
        let me = use_session().me();
        let first = me.as_ref().and_then(|me| me.teams.first());
        Self {
            name: Field::new(String::new()),
            region: Field::new(first.map(|team| team.region.clone()).unwrap_or_default()),
            time_zone: Field::new(first.map(|team| team.time_zone.clone()).unwrap_or_default()),
            help_reply: Field::new(String::new()),
        }
    }

    /// Those of a team.
    pub(super) fn of(team: &TeamDetail) -> Self {
        Self {
            name: Field::new(team.name.clone()),
            region: Field::new(team.region.clone()),
            time_zone: Field::new(team.time_zone.clone()),
            help_reply: Field::new(team.help_reply.clone().unwrap_or_default()),
        }
    }

    /// The team changed on the server; what is being typed stays.
    pub(super) fn arrived(self, team: &TeamDetail) {
        self.name.arrived(&team.name);
        self.region.arrived(&team.region);
        self.time_zone.arrived(&team.time_zone);
        self.help_reply.arrived(team.help_reply.as_deref().unwrap_or_default());
    }

    /// They were saved: the boxes show what the server has made of them.
    pub(super) fn saved(self, team: &TeamDetail) {
        for (field, value) in [
            (self.name, team.name.as_str()),
            (self.region, &team.region),
            (self.time_zone, &team.time_zone),
            (self.help_reply, team.help_reply.as_deref().unwrap_or_default()),
        ] {
            field.known.set_value(value.to_owned());
            field.typed.set(value.to_owned());
        }
    }

    /// What is sent.
    pub(super) fn team(self) -> NewTeam {
        let help_reply = self.help_reply.typed.get_untracked();
        NewTeam {
            name: self.name.typed.get_untracked(),
            region: self.region.typed.get_untracked().trim().to_uppercase(),
            time_zone: self.time_zone.typed.get_untracked().trim().to_owned(),
            help_reply: Some(Some(help_reply).filter(|reply| !reply.trim().is_empty())),
        }
    }

    /// The form's fields.
    pub(super) fn fields(self, form: Form) -> AnyView {
        let region = Line {
            hint: "The country of the team’s local numbers, in two letters, e.g. GB",
            ..Line::text("region", "Region", self.region.typed)
        };
        let time_zone = Line {
            hint: "For the team’s times, e.g. Europe/London",
            ..Line::text("time_zone", "Time zone", self.time_zone.typed)
        };
        let help_reply = Line {
            hint: "Sent when a customer texts HELP or INFO, at most once a day. Leave it empty to send nothing.",
            ..Line::text("help_reply", "Answer to HELP", self.help_reply.typed)
        };
        view! {
            {form.line(Line::text("name", "Name", self.name.typed))}
            {form.suggested(region, REGIONS.map(str::to_owned).to_vec())}
            {form.suggested(time_zone, known_zones())}
            {form.area(help_reply)}
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stays_when_the_server_says_something_else() {
        let owner = Owner::new();
        owner.set();
        let field = Field::new("Support".to_owned());
        field.arrived("Help");
        assert_eq!(field.typed.get_untracked(), "Help");
        field.typed.set("Helpers".to_owned());
        field.arrived("Care");
        assert_eq!(field.typed.get_untracked(), "Helpers");
        field.typed.set("Care".to_owned());
        field.arrived("Desk");
        assert_eq!(field.typed.get_untracked(), "Desk");
    }
}
