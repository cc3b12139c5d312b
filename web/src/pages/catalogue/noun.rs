//! What a catalogue holds, templates or closure reasons, and what can be asked of the API about them.

use shared::{
    closure::{ClosureReason, ClosureReasonChange, NewClosureReason},
    ids::{ClosureReasonId, TeamId, TemplateId},
    template::{NewTemplate, Template, TemplateChange},
};

use crate::api::{Client, Fault};

/// What the entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noun {
    Template,
    ClosureReason,
}

/// A template or a closure reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) team_id: Option<TeamId>,
    pub(super) name: String,
    /// A template's text; a closure reason has none.
    pub(super) body: String,
    pub(super) archived: bool,
}

impl From<Template> for Entry {
    fn from(template: Template) -> Self {
        let Template { id, team_id, name, body, archived_at, .. } = template;
        Self { id: id.0, team_id, name, body, archived: archived_at.is_some() }
    }
}

impl From<ClosureReason> for Entry {
    fn from(reason: ClosureReason) -> Self {
        let ClosureReason { id, team_id, name, archived_at, .. } = reason;
        Self { id: id.0, team_id, name, body: String::new(), archived: archived_at.is_some() }
    }
}

/// Where an entry goes when it is written.
#[derive(Clone, Copy)]
pub(super) enum Move {
    /// It stays where it is.
    Nowhere,
    /// To a place among its team's.
    To(usize),
    /// Back among those that are offered.
    Back,
}

impl Noun {
    /// What the page is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Noun::Template => "Templates",
            Noun::ClosureReason => "Closure reasons",
        }
    }

    /// "New template"
    pub(super) fn new_label(self) -> &'static str {
        match self {
            Noun::Template => "New template",
            Noun::ClosureReason => "New closure reason",
        }
    }

    /// What stands where there are none.
    pub(super) fn none(self) -> &'static str {
        match self {
            Noun::Template => "No templates",
            Noun::ClosureReason => "No closure reasons",
        }
    }

    /// Every entry that one may see, each team's in their order, the archived ones at the end.
    pub(super) async fn list(self, client: Client) -> Result<Vec<Entry>, Fault> {
        let mut entries = self.list_part(client, false).await?;
        entries.retain(|entry| !entry.archived);
        let archived = self.list_part(client, true).await?;
        entries.extend(archived.into_iter().filter(|entry| entry.archived));
        Ok(entries)
    }

    async fn list_part(self, client: Client, archived: bool) -> Result<Vec<Entry>, Fault> {
        Ok(match self {
            Noun::Template => {
                let mut templates = client.list_templates(archived).await?;
                templates.sort_by_key(|template| template.position);
                templates.into_iter().map(Entry::from).collect()
            }
            Noun::ClosureReason => {
                let mut reasons = client.list_every_closure_reason(archived).await?;
                reasons.sort_by_key(|reason| reason.position);
                reasons.into_iter().map(Entry::from).collect()
            }
        })
    }

    /// Makes an entry; its id is not looked at.
    pub(super) async fn create(self, client: Client, entry: Entry) -> Result<(), Fault> {
        let Entry { team_id, name, body, .. } = entry;
        match self {
            Noun::Template => client.create_template(&NewTemplate { team_id, name, body }).await,
            Noun::ClosureReason => client.create_closure_reason(&NewClosureReason { team_id, name }).await,
        }
    }

    /// Writes an entry's name and text. Only what is asked for changes besides: whoever edits an entry that a colleague
    /// has archived meanwhile must not offer it again.
    pub(super) async fn update(self, client: Client, entry: Entry, move_to: Move) -> Result<(), Fault> {
        let Entry { id, name, body, .. } = entry;
        let (position, archived) = match move_to {
            Move::Nowhere => (None, None),
            Move::To(position) => (Some(position), None),
            Move::Back => (None, Some(false)),
        };
        match self {
            Noun::Template => {
                let change = TemplateChange { name, body, position, archived };
                client.update_template(TemplateId(id), &change).await
            }
            Noun::ClosureReason => {
                let change = ClosureReasonChange { name, position, archived };
                client.update_closure_reason(ClosureReasonId(id), &change).await
            }
        }
    }

    /// Takes an entry away.
    pub(super) async fn delete(self, client: Client, id: i64) -> Result<(), Fault> {
        match self {
            Noun::Template => client.delete_template(TemplateId(id)).await,
            Noun::ClosureReason => client.delete_closure_reason(ClosureReasonId(id)).await,
        }
    }
}
