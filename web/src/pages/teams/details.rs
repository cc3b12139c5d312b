//! The form fields of a team: name, region, time zone and reply to HELP.

use leptos::prelude::*;
use shared::team::{NewTeam, TeamDetail};

use crate::{
    components::{
        conflict::Changes,
        form::{Field, Form},
    },
    language::t,
    session::use_session,
    time_zone::known_zones,
};

/// Suggested regions. The field accepts any other region too.
const REGIONS: [&str; 20] = [
    "AT", "AU", "BE", "CA", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IT", "NL", "NO", "NZ", "PL",
    "PT", "SE", "US",
];

/// Values of the form fields.
#[derive(Clone, Copy)]
pub(super) struct Details {
    name: EditedField,
    region: EditedField,
    time_zone: EditedField,
    help_reply: EditedField,
}

/// The text in an input, with the value last received from the server.
#[derive(Clone, Copy)]
struct EditedField {
    input: RwSignal<String>,
    saved: StoredValue<String>,
}

impl EditedField {
    fn new(saved: String) -> Self {
        Self { input: RwSignal::new(saved.clone()), saved: StoredValue::new(saved) }
    }

    fn is_changed(self) -> bool {
        self.saved.with_value(|saved| self.input.with_untracked(|input| input != saved))
    }

    /// Takes over a value from the server, unless it would overwrite an unsaved edit. Returns whether the edit is based on
    /// this value.
    fn update(self, value: &str) -> bool {
        if !self.is_changed() {
            self.set(value);
        }
        self.saved.with_value(|saved| saved == value)
    }

    fn set(self, value: &str) {
        self.saved.set_value(value.to_owned());
        if self.input.with_untracked(|input| input != value) {
            self.input.set(value.to_owned());
        }
    }
}

impl Details {
    /// Fields for a new team. Region and time zone default to those of the account's first team.
    pub(super) fn new() -> Self {
        let me = use_session().me();
        let first = me.as_ref().and_then(|me| me.teams.first());
        Self {
            name: EditedField::new(String::new()),
            region: EditedField::new(first.map(|team| team.region.clone()).unwrap_or_default()),
            time_zone: EditedField::new(first.map(|team| team.time_zone.clone()).unwrap_or_default()),
            help_reply: EditedField::new(String::new()),
        }
    }

    /// Fields filled with the values of `team`.
    pub(super) fn of(team: &TeamDetail) -> Self {
        Self {
            name: EditedField::new(team.name.clone()),
            region: EditedField::new(team.region.clone()),
            time_zone: EditedField::new(team.time_zone.clone()),
            help_reply: EditedField::new(team.help_reply.clone().unwrap_or_default()),
        }
    }

    /// Each field, with its value in `team`.
    fn with_values(self, team: &TeamDetail) -> [(EditedField, &str); 4] {
        [
            (self.name, team.name.as_str()),
            (self.region, &team.region),
            (self.time_zone, &team.time_zone),
            (self.help_reply, team.help_reply.as_deref().unwrap_or_default()),
        ]
    }

    /// Takes over the values of a team that changed on the server, but keeps unsaved edits. Returns whether the edits are
    /// based on the values of this team.
    pub(super) fn update(self, team: &TeamDetail) -> bool {
        self.with_values(team).map(|(field, value)| field.update(value)).iter().all(|is_based| *is_based)
    }

    /// Takes over the values that the server has saved, in its normalised form.
    pub(super) fn set_saved(self, team: &TeamDetail) {
        for (field, value) in self.with_values(team) {
            field.set(value);
        }
    }

    /// Compares the fields with what a colleague has saved.
    pub(super) fn compare(self, changes: &mut Changes, before: &TeamDetail, theirs: &TeamDetail) {
        let labels = [t!("Name"), t!("Region"), t!("Time zone"), t!("Reply to HELP")];
        let (before, theirs) = (self.with_values(before), self.with_values(theirs));
        for ((label, (field, before)), (_, theirs)) in labels.into_iter().zip(before).zip(theirs) {
            changes.text(label, field.input, (&before.to_owned(), &theirs.to_owned()));
        }
    }

    /// The request body.
    pub(super) fn to_request(self) -> NewTeam {
        let help_reply = self.help_reply.input.get_untracked();
        NewTeam {
            name: self.name.input.get_untracked(),
            region: self.region.input.get_untracked().trim().to_uppercase(),
            time_zone: self.time_zone.input.get_untracked().trim().to_owned(),
            help_reply: Some(Some(help_reply).filter(|reply| !reply.trim().is_empty())),
        }
    }

    /// Renders the fields.
    pub(super) fn fields(self, form: Form) -> AnyView {
        let region = Field {
            hint: t!("Two-letter country code for local numbers, e.g. GB"),
            ..Field::text("region", t!("Region"), self.region.input)
        };
        let time_zone = Field {
            hint: t!("The team’s times are shown in this zone, e.g. Europe/London"),
            ..Field::text("time_zone", t!("Time zone"), self.time_zone.input)
        };
        let help_reply = Field {
            hint: t!(
                "Sent when a customer texts HELP or INFO, at most once a day. Leave it empty to send nothing."
            ),
            ..Field::text("help_reply", t!("Reply to HELP"), self.help_reply.input)
        };
        view! {
            {form.text_field(Field::text("name", t!("Name"), self.name.input))}
            {form.combo_box(region, REGIONS.map(str::to_owned).to_vec())}
            {form.combo_box(time_zone, known_zones())}
            {form.text_area(help_reply)}
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_from_the_server_keeps_unsaved_edits() {
        let owner = Owner::new();
        owner.set();
        let field = EditedField::new("Support".to_owned());
        field.update("Help");
        assert_eq!(field.input.get_untracked(), "Help");
        field.input.set("Helpers".to_owned());
        assert!(!field.update("Care"), "a colleague has changed what the edit is based on");
        assert_eq!(field.input.get_untracked(), "Helpers");
        assert!(field.update("Help"));
        field.set("Care");
        assert!(field.update("Desk"));
        assert_eq!(field.input.get_untracked(), "Desk");
    }
}
