//! Requests for searching conversations.

use shared::{Page, conversation::Conversation};

use super::{Client, RequestError, client::encoded};

/// A search. Empty filters are left out of the query.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Search {
    /// Any part of a number, ref or name.
    pub(crate) text: String,
    /// The team's id.
    pub(crate) team: String,
    /// `pending`, `open` or `closed`.
    pub(crate) status: String,
    /// The tag's id.
    pub(crate) tag: String,
}

impl Search {
    /// Returns the query string, `q=07700&status=open`. `team` is the name of the team parameter, which is shorter in
    /// the page's address than in the API.
    pub(crate) fn query(&self, team: &str) -> String {
        let mut query = String::new();
        for (name, value) in
            [("q", &self.text), ("status", &self.status), (team, &self.team), ("tag", &self.tag)]
        {
            if !value.is_empty() {
                query.push_str(if query.is_empty() { "" } else { "&" });
                query.push_str(name);
                query.push('=');
                query.push_str(&encoded(value));
            }
        }
        query
    }
}

impl Client {
    /// Returns a page of results, latest activity first.
    pub(crate) async fn search(
        self,
        search: Search,
        cursor: Option<String>,
    ) -> Result<Page<Conversation>, RequestError> {
        let mut path = format!("/search?limit=50&{}", search.query("team_id"));
        if let Some(cursor) = cursor {
            path.push_str("&cursor=");
            path.push_str(&encoded(&cursor));
        }
        self.get(&path).await
    }
}
