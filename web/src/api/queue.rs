//! Requests for the queue.

use shared::{
    conversation::{Queue, QueueSection},
    ids::{TagId, TeamId},
};

use super::{Client, RequestError, StatusFilter};
use crate::language::t;

/// Number of rows on a page of a section.
pub(crate) const PAGE: usize = 50;

/// Which of the conversations in progress to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All of them.
    #[default]
    All,
    /// Those of the signed-in account.
    Mine,
    /// Those that are assigned to no account.
    Unassigned,
    /// Those that are snoozed. The others leave them out.
    Snoozed,
}

impl Filter {
    /// Returns the value of `assigned` in the query; empty for those of any account.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Filter::All | Filter::Snoozed => "",
            Filter::Mine => "me",
            Filter::Unassigned => "none",
        }
    }

    /// Returns the text of its button.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Filter::All => t!("All"),
            Filter::Mine => t!("Mine"),
            Filter::Unassigned => t!("Unassigned"),
            Filter::Snoozed => t!("Snoozed"),
        }
    }
}

/// Which conversations a section shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SectionFilter {
    pub(crate) shown: Filter,
    /// Only those with this tag.
    pub(crate) tag: Option<TagId>,
}

impl SectionFilter {
    /// Returns the parameters of the query, each with its `&`.
    pub(super) fn parameters(self) -> String {
        let word = self.shown.word();
        let mut parameters = tag_parameter(self.tag);
        if !word.is_empty() {
            parameters.push_str("&assigned=");
            parameters.push_str(word);
        }
        parameters
    }
}

/// Returns the parameter of the query, with its `&`.
pub(super) fn tag_parameter(tag: Option<TagId>) -> String {
    tag.map(|tag| format!("&tag={tag}")).unwrap_or_default()
}

/// What a request for a team's section returned.
pub(crate) enum FetchedSection {
    /// The section, with the response's entity tag.
    Changed(Box<QueueSection>, Option<String>),
    /// It is as in the response with the known entity tag.
    Unchanged,
    /// The caller is not in the team.
    Missing,
}

impl Client {
    /// Returns the conversations in progress: a section for each team, with its first page.
    pub(crate) async fn get_queue(self) -> Result<Queue, RequestError> {
        self.get("/queue").await
    }

    /// Returns a team's section with its first page, and the entity tag of the response. An unchanged section costs no
    /// content: `known` is the tag of the response with it.
    pub(crate) async fn get_queue_section(
        self,
        team: TeamId,
        filter: SectionFilter,
        known: Option<&str>,
    ) -> Result<FetchedSection, RequestError> {
        let path = format!("/queue?team_id={team}{}", filter.parameters());
        let Some((queue, etag)) = self.get_changed::<Queue>(&path, known).await? else {
            return Ok(FetchedSection::Unchanged);
        };
        let Some(mut section) = queue.sections.into_iter().find(|section| section.team.id == team) else {
            return Ok(FetchedSection::Missing);
        };
        if filter.shown != Filter::Snoozed {
            return Ok(FetchedSection::Changed(Box::new(section), etag));
        }
        let page = self.list_conversations(team, StatusFilter::Open(filter), PAGE, None).await?;
        section.items = page.items;
        section.next_cursor = page.next_cursor;
        // The tag does not cover these rows.
        Ok(FetchedSection::Changed(Box::new(section), None))
    }
}
