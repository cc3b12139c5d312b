//! Requests for the audit log.

use shared::{Page, audit_entry::AuditEntry};

use super::{
    Client, RequestError,
    client::{BASE, encoded},
};

/// The filters of the audit log: pairs of a parameter and its value. Empty values are left out.
pub(crate) type AuditFilters = Vec<(&'static str, String)>;

fn query(filters: &[(&'static str, String)]) -> String {
    let set = filters.iter().filter(|(_, value)| !value.trim().is_empty());
    set.map(|(name, value)| format!("&{name}={}", encoded(value))).collect()
}

/// Returns the address of the CSV file.
pub(crate) fn audit_file(filters: &[(&'static str, String)]) -> String {
    format!("{BASE}/audit_entries?format=csv{}", query(filters))
}

impl Client {
    /// Returns a page of the audit log, newest first.
    pub(crate) async fn list_audit_entries(
        self,
        filters: AuditFilters,
        cursor: Option<String>,
    ) -> Result<Page<AuditEntry>, RequestError> {
        let mut path = format!("/audit_entries?limit=50{}", query(&filters));
        if let Some(cursor) = cursor {
            path.push_str("&cursor=");
            path.push_str(&encoded(&cursor));
        }
        self.get(&path).await
    }
}
