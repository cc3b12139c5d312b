//! Finds what contains a customer's number, reference or name besides their conversations: rows of daily files, rejected
//! rows, rejected messages, stored answers and the terms of searches.

use shared::{
    CustomerAddress,
    ids::{AuditEntryId, CampaignId, DailyFileId},
};

use super::{
    copies,
    queries::{self, Team},
};
use crate::db::{DbConnection, DbError};

/// Fewest digits by which a search term or a value counts as the end of the number.
const FEWEST_DIGITS: usize = 6;

/// What contains the customer's number, reference or name.
#[derive(Debug, Default)]
pub(super) struct Traces {
    customers: i64,
    rejected_rows: Vec<(DailyFileId, i64)>,
    rejected_campaign_rows: Vec<(CampaignId, i64)>,
    terms: Vec<AuditEntryId>,
}

impl Traces {
    /// Finds them.
    pub(super) fn find(
        conn: &mut DbConnection,
        team: &Team,
        number: &CustomerAddress,
    ) -> Result<Self, DbError> {
        let customers = queries::customers(conn, team, number)?;
        let mut words = queries::names(conn, team, number)?;
        words.extend(customers.iter().flat_map(|(reference, name)| [reference.clone(), name.clone()]));
        let known = Known::new(number, words);
        let rejected = queries::rejected_rows(conn, team)?;
        let rejected_of_campaigns = copies::queries::rejected_campaign_rows(conn, team)?;
        let terms = queries::terms(conn)?;
        Ok(Self {
            customers: customers.len().try_into().unwrap_or(i64::MAX),
            rejected_rows: rejected
                .into_iter()
                .filter(|(.., value)| known.is_in(value))
                .map(|(file, line, _)| (file, line))
                .collect(),
            rejected_campaign_rows: rejected_of_campaigns
                .into_iter()
                .filter(|(.., value)| known.is_in(value))
                .map(|(campaign, line, _)| (campaign, line))
                .collect(),
            terms: terms.into_iter().filter(|(_, term)| known.is_in(term)).map(|(id, _)| id).collect(),
        })
    }

    /// Number of rows of daily files.
    pub(super) fn customers(&self) -> i64 {
        self.customers
    }

    /// Number of rejected rows.
    pub(super) fn rejected_rows(&self) -> i64 {
        self.rejected_rows.len().try_into().unwrap_or(i64::MAX)
    }

    /// Deletes them. A search term is replaced, because its entry in the audit log stays.
    pub(super) fn delete(
        &self,
        conn: &mut DbConnection,
        team: &Team,
        number: &CustomerAddress,
    ) -> Result<(), DbError> {
        queries::delete_customers(conn, team, number)?;
        for (file, line) in &self.rejected_rows {
            queries::delete_rejected_row(conn, *file, *line)?;
        }
        copies::queries::erase_campaign_rows(conn, team, number)?;
        for (campaign, line) in &self.rejected_campaign_rows {
            copies::queries::erase_campaign_row(conn, *campaign, *line)?;
        }
        for term in &self.terms {
            queries::erase_term(conn, *term)?;
        }
        queries::delete_rejected_messages(conn, number)?;
        queries::delete_stored_answers(conn, number)
    }
}

/// The customer's number as digits, and their references and names in lower case.
struct Known {
    digits: String,
    words: Vec<String>,
}

impl Known {
    fn new(number: &CustomerAddress, words: Vec<String>) -> Self {
        let words = words.iter().map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty());
        Self { digits: digits(number.as_str()), words: words.collect() }
    }

    /// Whether the text is the number in any format, its last digits, or the whole reference or name.
    fn is_in(&self, text: &str) -> bool {
        let given = digits(text);
        let national = given.trim_start_matches('0');
        (national.len() >= FEWEST_DIGITS
            && (self.digits.ends_with(national) || national.ends_with(&self.digits)))
            || self.words.contains(&text.trim().to_lowercase())
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_every_format_and_a_name_as_a_whole() {
        let number = "+447700900123".parse().unwrap();
        let known = Known::new(&number, vec!["Maria Jones".into(), "A-10021".into(), " ".into()]);
        for text in
            ["+447700900123", "07700 900123", "900123", "0044 7700 900 123", " maria JONES", "a-10021"]
        {
            assert!(known.is_in(text), "{text}");
        }
        for text in ["07700 900124", "00123", "", "Jones", "Maria", "A-1002", "7700 900123 9", "07700 90"] {
            assert!(!known.is_in(text), "{text}");
        }
    }
}
