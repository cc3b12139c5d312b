//! The database refuses changes to the audit log, except the two that its retention and an erasure need.

use crate::support::{
    Kind, TestApp,
    database::sql_timestamp,
    fixtures::{ADMIN, start},
    on_both_databases,
};

on_both_databases![
    the_database_refuses_changes_to_the_log,
    entries_can_be_deleted_only_until_the_time_of_the_teams_retention,
    a_term_can_only_be_erased,
];

fn assert_refused(app: &TestApp, sql: &str) {
    let refused = app.database.run(sql).expect_err(sql).to_string();
    assert!(refused.contains("audit_entries_are_append_only"), "{sql}: {refused}");
}

/// Inserts an entry of a team with a term.
fn insert(app: &TestApp, id: i64, team: &str) {
    let now = sql_timestamp(app.database.kind, start());
    app.database
        .run(&format!(
            "INSERT INTO audit_entries (id, at, actor_kind, actor_name, team_id, action, details, term)
             VALUES ({id}, {now}, 'system', 'Test', {team}, 'conversation.searched', '{{}}', '07700 900123')"
        ))
        .unwrap();
}

async fn the_database_refuses_changes_to_the_log(app: TestApp) {
    app.signed_in(ADMIN).await;
    for sql in [
        "UPDATE audit_entries SET actor_name = 'Eve'",
        "UPDATE audit_entries SET at = at",
        "UPDATE audit_entries SET details = '{}'",
        "DELETE FROM audit_entries",
    ] {
        assert_refused(&app, sql);
    }
    match app.database.kind {
        Kind::Sqlite => {
            assert_refused(&app, "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries")
        }
        Kind::Postgres => assert_refused(&app, "TRUNCATE audit_entries"),
    }
    assert_eq!(app.database.count("audit_entries", "action = 'session.signed_in'"), 1);
}

async fn entries_can_be_deleted_only_until_the_time_of_the_teams_retention(app: TestApp) {
    insert(&app, 101, "1");
    insert(&app, 102, "2");
    insert(&app, 103, "NULL");
    let until = sql_timestamp(app.database.kind, start());
    let earlier = sql_timestamp(app.database.kind, start() - chrono::TimeDelta::seconds(1));
    for (team, id) in [(1, 101), (0, 103)] {
        let allow =
            format!("INSERT INTO audit_retention (team_id, deletable_until) VALUES ({team}, {earlier})");
        app.database.run(&allow).unwrap();
        assert_refused(&app, &format!("DELETE FROM audit_entries WHERE id = {id}"));
        app.database
            .run(&format!("UPDATE audit_retention SET deletable_until = {until} WHERE team_id = {team}"))
            .unwrap();
        app.database.run(&format!("DELETE FROM audit_entries WHERE id = {id}")).unwrap();
    }
    assert_refused(&app, "DELETE FROM audit_entries WHERE id = 102");
    assert_eq!(app.database.count("audit_entries", "id > 100"), 1);
}

async fn a_term_can_only_be_erased(app: TestApp) {
    insert(&app, 101, "1");
    app.signed_in(ADMIN).await;
    assert_refused(&app, "UPDATE audit_entries SET term = 'Other' WHERE id = 101");
    assert_refused(&app, "UPDATE audit_entries SET term = NULL WHERE id = 101");
    assert_refused(&app, "UPDATE audit_entries SET term = '[erased]' WHERE term IS NULL");
    app.database.run("UPDATE audit_entries SET term = '[erased]' WHERE id = 101").unwrap();
    assert_eq!(app.database.count("audit_entries", "term = '[erased]'"), 1);
}
