//! The queries that the rules of a catalogue need, for each kind of entry.

/// Implements `CatalogueEntry` by the table of a kind of entry, whose file defines a `Row` that becomes an entry. A macro,
/// because the types of Diesel differ for each table.
///
/// Then come the changes in the audit log, and what the history refers to an entry by.
macro_rules! catalogue_entry {
    (
        $entry:ident, $id:ident, $lock:ident, $table:ident,
        audited as $created:ident, $changed:ident, $deleted:ident,
        used by $user:ident.$column:ident
    ) => {
        impl $crate::catalogue::CatalogueEntry for $entry {
            type Id = $id;
            const RESOURCE: $crate::auth::Resource = $crate::auth::Resource::$entry;
            const AUDITED: $crate::catalogue::Audited = $crate::catalogue::Audited {
                subject: shared::audit_entry::AuditSubjectKind::$entry,
                created: shared::audit_entry::AuditAction::$created,
                changed: shared::audit_entry::AuditAction::$changed,
                deleted: shared::audit_entry::AuditAction::$deleted,
            };
            const LOCK: $crate::db::Lock<'static> = $crate::db::Lock::$lock;

            fn id(&self) -> $id {
                self.id
            }

            fn team_id(&self) -> Option<TeamId> {
                self.team_id
            }

            fn name(&self) -> &str {
                &self.name
            }

            fn position(&self) -> i32 {
                self.position
            }

            fn archived_at(&self) -> Option<DateTime<Utc>> {
                self.archived_at
            }

            fn find(conn: &mut DbConnection, scope: &TeamScope, id: $id) -> Result<Option<Self>, DbError> {
                let row: Option<Row> = on_each!(conn, |c| $table::table
                    .find(id.0)
                    .select(Row::as_select())
                    .first(c)
                    .optional())?;
                Ok(row.map(Self::from).filter(|entry| $crate::catalogue::is_visible(entry, scope)))
            }

            fn list(
                conn: &mut DbConnection,
                scope: &TeamScope,
                archived: bool,
            ) -> Result<Vec<Self>, DbError> {
                let rows: Vec<Row> = on_each!(conn, |c| $table::table.select(Row::as_select()).load(c))?;
                Ok($crate::catalogue::in_order(rows.into_iter().map(Self::from), scope, archived))
            }

            fn arrange(conn: &mut DbConnection, order: &[$id]) -> Result<(), DbError> {
                for (position, id) in (0..).zip(order) {
                    let position: i32 = position;
                    on_each!(conn, |c| diesel::update($table::table.find(id.0))
                        .filter($table::position.ne(position))
                        .set($table::position.eq(position))
                        .execute(c))?;
                }
                Ok(())
            }

            fn archive(conn: &mut DbConnection, id: $id, at: DateTime<Utc>) -> Result<(), DbError> {
                on_each!(conn, |c| diesel::update($table::table.find(id.0))
                    .set($table::archived_at.eq(Timestamp(at)))
                    .execute(c))?;
                Ok(())
            }

            fn lock(conn: &mut DbConnection, id: $id) -> Result<(), DbError> {
                let row = $table::table.filter($table::id.eq(id.0)).select($table::id);
                let _: Option<i64> =
                    $crate::db::for_update!(conn, row, |query, c| query.first(c).optional())?;
                Ok(())
            }

            fn was_used(conn: &mut DbConnection, id: $id) -> Result<bool, DbError> {
                let used = $user::table.filter($user::$column.eq(id.0));
                Ok(on_each!(conn, |c| diesel::select(diesel::dsl::exists(used)).get_result(c))?)
            }

            fn delete(conn: &mut DbConnection, id: $id) -> Result<(), DbError> {
                on_each!(conn, |c| diesel::delete($table::table.find(id.0)).execute(c))?;
                Ok(())
            }
        }
    };
}
pub(crate) use catalogue_entry;
