//! The entries of a catalogue, templates, closure reasons or tags, and their API requests.

use serde::Deserialize;
use shared::{
    closure::{ClosureReason, ClosureReasonChange, NewClosureReason},
    ids::{ClosureReasonId, TagId, TeamId, TemplateId},
    tag::{NewTag, Tag, TagChange, TagColour},
    template::{NewTemplate, Template, TemplateChange},
};

use crate::{
    api::{Client, RequestError},
    language::t,
};

/// The kind of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Template,
    ClosureReason,
    Tag,
}

/// A template, a closure reason or a tag. One with the id 0 is new.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) team_id: Option<TeamId>,
    pub(super) name: String,
    /// A template's text; the others have none.
    #[serde(default)]
    pub(super) body: String,
    /// A tag's colour; the others have none.
    #[serde(default)]
    pub(super) colour: TagColour,
    #[serde(skip)]
    pub(super) archived: bool,
    /// The version that a change is based on.
    #[serde(default)]
    pub(super) version: String,
}

impl From<Template> for Entry {
    fn from(template: Template) -> Self {
        let Template { id, team_id, name, body, archived_at, version, .. } = template;
        Self { id: id.0, team_id, name, body, archived: archived_at.is_some(), version, ..Self::default() }
    }
}

impl From<ClosureReason> for Entry {
    fn from(reason: ClosureReason) -> Self {
        let ClosureReason { id, team_id, name, archived_at, version, .. } = reason;
        Self { id: id.0, team_id, name, archived: archived_at.is_some(), version, ..Self::default() }
    }
}

impl From<Tag> for Entry {
    fn from(tag: Tag) -> Self {
        let Tag { id, team_id, name, colour, archived_at, version, .. } = tag;
        Self { id: id.0, team_id, name, colour, archived: archived_at.is_some(), version, ..Self::default() }
    }
}

/// Change of an entry's position or archive state in an update.
#[derive(Clone, Copy)]
pub(super) enum Move {
    /// No change.
    Keep,
    /// Moves the entry to a position in its team's list.
    To(usize),
    /// Restores the entry from the archive.
    Restore,
}

impl EntryKind {
    /// Title of the page.
    pub(super) fn title(self) -> &'static str {
        match self {
            EntryKind::Template => t!("Templates"),
            EntryKind::ClosureReason => t!("Closure reasons"),
            EntryKind::Tag => t!("Tags"),
        }
    }

    /// "New template"
    pub(super) fn new_label(self) -> &'static str {
        match self {
            EntryKind::Template => t!("New template"),
            EntryKind::ClosureReason => t!("New closure reason"),
            EntryKind::Tag => t!("New tag"),
        }
    }

    /// Text of an empty section.
    pub(super) fn empty_text(self) -> &'static str {
        match self {
            EntryKind::Template => t!("No templates"),
            EntryKind::ClosureReason => t!("No closure reasons"),
            EntryKind::Tag => t!("No tags"),
        }
    }

    /// Fetches all visible entries: ordered within each team, archived ones at the end.
    pub(super) async fn list(self, client: Client) -> Result<Vec<Entry>, RequestError> {
        let mut entries = self.list_by_archived(client, false).await?;
        entries.retain(|entry| !entry.archived);
        let archived = self.list_by_archived(client, true).await?;
        entries.extend(archived.into_iter().filter(|entry| entry.archived));
        Ok(entries)
    }

    async fn list_by_archived(self, client: Client, archived: bool) -> Result<Vec<Entry>, RequestError> {
        Ok(match self {
            EntryKind::Template => {
                let mut templates = client.list_templates(archived).await?;
                templates.sort_by_key(|template| template.position);
                templates.into_iter().map(Entry::from).collect()
            }
            EntryKind::ClosureReason => {
                let mut reasons = client.list_every_closure_reason(archived).await?;
                reasons.sort_by_key(|reason| reason.position);
                reasons.into_iter().map(Entry::from).collect()
            }
            EntryKind::Tag => {
                let mut tags = client.list_every_tag(archived).await?;
                tags.sort_by_key(|tag| tag.position);
                tags.into_iter().map(Entry::from).collect()
            }
        })
    }

    /// Creates an entry. Ignores its id.
    pub(super) async fn create(self, client: Client, entry: Entry) -> Result<(), RequestError> {
        let Entry { team_id, name, body, colour, .. } = entry;
        match self {
            EntryKind::Template => client.create_template(&NewTemplate { team_id, name, body }).await,
            EntryKind::ClosureReason => {
                client.create_closure_reason(&NewClosureReason { team_id, name }).await
            }
            EntryKind::Tag => client.create_tag(&NewTag { team_id, name, colour }).await,
        }
    }

    /// Updates an entry's name, text and colour. Position and archive state change only if `move_to` says so: editing
    /// an entry that a colleague has archived in the meantime does not restore it.
    pub(super) async fn update(
        self,
        client: Client,
        entry: Entry,
        move_to: Move,
    ) -> Result<(), RequestError> {
        let Entry { id, name, body, colour, version, .. } = entry;
        let (position, archived) = match move_to {
            Move::Keep => (None, None),
            Move::To(position) => (Some(position), None),
            Move::Restore => (None, Some(false)),
        };
        match self {
            EntryKind::Template => {
                let change = TemplateChange { name, body, position, archived };
                client.update_template(TemplateId(id), &change, &version).await
            }
            EntryKind::ClosureReason => {
                let change = ClosureReasonChange { name, position, archived };
                client.update_closure_reason(ClosureReasonId(id), &change, &version).await
            }
            EntryKind::Tag => {
                let change = TagChange { name, colour: Some(colour), position, archived };
                client.update_tag(TagId(id), &change, &version).await
            }
        }
    }

    /// Moves or restores an entry. If a colleague has changed its name or text meanwhile, keeps that change.
    pub(super) async fn place(self, client: Client, entry: Entry, move_to: Move) -> Result<(), RequestError> {
        match self.update(client, entry, move_to).await {
            Err(error) => match error.current::<Entry>() {
                Some((current, _)) => self.update(client, current, move_to).await,
                None => Err(error),
            },
            placed => placed,
        }
    }

    /// Deletes an entry of this version.
    pub(super) async fn delete(self, client: Client, id: i64, version: String) -> Result<(), RequestError> {
        match self {
            EntryKind::Template => client.delete_template(TemplateId(id), &version).await,
            EntryKind::ClosureReason => client.delete_closure_reason(ClosureReasonId(id), &version).await,
            EntryKind::Tag => client.delete_tag(TagId(id), &version).await,
        }
    }
}
