//! Which entries of the audit log a caller wants and may see.

use chrono::{DateTime, Utc};
use shared::{
    audit_entry::AuditAction,
    ids::{AuditEntryId, TeamId},
};

use crate::{
    auth::{LookupError, TeamScope},
    db::DbConnection,
    teams,
};

/// Maximum length of the text that a name is compared with, in characters.
pub(crate) const MAX_CHARS: usize = 100;

/// The text of a filter is longer than [`MAX_CHARS`], or contains a NUL character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is too long. Type at most {MAX_CHARS} characters.")]
pub(super) struct TextTooLong {
    /// The parameter.
    pub(super) field: &'static str,
}

/// The filters of a request.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// The caller's teams, or the one that is wanted. Entries of no team need all teams.
    pub(super) scope: TeamScope,
    /// Only entries of this time or later.
    pub(super) from: Option<DateTime<Utc>>,
    /// Only entries before this time.
    pub(super) until: Option<DateTime<Utc>>,
    pub(super) action: Option<AuditAction>,
    /// Only entries whose actor's name contains this pattern.
    pub(super) actor: Option<Pattern>,
    /// Only entries whose subject's name, or whose search term, contains this pattern.
    pub(super) subject: Option<Pattern>,
}

impl Filter {
    /// Narrows the caller's teams to one of them.
    ///
    /// # Errors
    /// `NotFound` for a team that the caller is not in.
    pub(super) fn narrowed(
        mut self,
        conn: &mut DbConnection,
        team: Option<TeamId>,
    ) -> Result<Self, LookupError> {
        self.scope = teams::queries::narrow_scope(conn, &self.scope, team)?;
        Ok(self)
    }
}

/// A pattern for `LIKE` with the escape character `!`: a text in lower case with any text around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    /// Parses the value of the parameter `field`. `None` if it is blank.
    ///
    /// # Errors
    /// When it is too long.
    pub(super) fn parse(field: &'static str, text: Option<&str>) -> Result<Option<Self>, TextTooLong> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        if text.chars().count() > MAX_CHARS || text.contains('\0') {
            return Err(TextTooLong { field });
        }
        let mut pattern = "%".to_owned();
        for character in text.to_lowercase().chars() {
            if matches!(character, '!' | '%' | '_') {
                pattern.push('!');
            }
            pattern.push(character);
        }
        pattern.push('%');
        Ok(Some(Self(pattern)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place in the list: the entries before this one, newest first.
pub(super) type Before = Option<AuditEntryId>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_of_a_pattern_are_escaped() {
        let pattern = Pattern::parse("actor", Some("  50%_A! ")).unwrap().unwrap();
        assert_eq!(pattern.as_str(), "%50!%!_a!!%");
        assert_eq!(Pattern::parse("actor", Some(" ")), Ok(None));
        assert_eq!(Pattern::parse("actor", Some("a\0")), Err(TextTooLong { field: "actor" }));
        assert!(Pattern::parse("actor", Some(&"a".repeat(101))).is_err());
    }
}
