//! Which rows an export has: those of the period, and of the caller's teams.

use chrono::TimeDelta;
use serde_json::Value;
use shared::ErrorCode::{Forbidden, InvalidCursor, InvalidQuery, NotFound};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, SAM, STRANGER, SUPPORT, SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    the_beginning_belongs_to_the_period_and_the_end_does_not,
    an_export_has_only_the_callers_teams,
    a_page_of_a_small_team_is_filled_beyond_the_rows_of_others,
    an_invalid_period_names_the_field,
    a_file_has_no_pages,
    an_export_needs_the_permission_for_reports,
];

async fn bodies(client: &Client, query: &str) -> Vec<String> {
    let found = client.pages(&format!("/exports/messages?{query}")).await.concat();
    found.iter().map(|row| row["body"].as_str().unwrap().to_owned()).collect()
}

async fn the_beginning_belongs_to_the_period_and_the_end_does_not(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for body in ["At nine", "A minute later", "Two minutes later"] {
        app.inbound(STRANGER, body).await;
        app.advance(TimeDelta::minutes(1));
    }
    let found = bodies(&sam, "from=2024-11-25T09:00:00Z&to=2024-11-25T09:02:00Z").await;
    assert_eq!(found, ["At nine", "A minute later"]);
    let found = bodies(&sam, "from=2024-11-25T10:01:00%2B01:00").await;
    assert_eq!(found, ["A minute later", "Two minutes later"], "until now, in another time zone");
}

async fn an_export_has_only_the_callers_teams(app: TestApp) {
    app.inbound(STRANGER, "To Collections").await;
    app.inbound_to(SUPPORT_NUMBER, STRANGER, "To Support").await;
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "To Claims").await;
    app.advance(TimeDelta::seconds(1));
    let (sam, admin) = (app.signed_in(SAM).await, app.signed_in(ADMIN).await);
    let from = "from=2024-11-25T00:00:00Z";
    assert_eq!(bodies(&sam, from).await, ["To Collections", "To Support"]);
    assert_eq!(bodies(&sam, &format!("{from}&team_id={SUPPORT}")).await, ["To Support"]);
    assert_eq!(bodies(&admin, from).await, ["To Collections", "To Support", "To Claims"]);
    for noun in ["messages", "conversations"] {
        for format in ["json", "csv", "ndjson"] {
            let path = format!("/exports/{noun}?{from}&team_id={CLAIMS}&format={format}");
            sam.get(&path).await.problem(NotFound);
        }
        let all = sam.get(&format!("/exports/{noun}?{from}&format=ndjson")).await.body;
        assert_eq!(all.lines().count(), 2, "{all}");
    }
}

async fn a_page_of_a_small_team_is_filled_beyond_the_rows_of_others(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    app.inbound(&stranger(0), "First").await;
    for n in 1..8 {
        app.inbound_to(CLAIMS_NUMBER, &stranger(n), "Of another team").await;
    }
    app.inbound(&stranger(0), "Second").await;
    app.advance(TimeDelta::seconds(1));
    let path = format!("/exports/messages?from=2024-11-25T00:00:00Z&team_id={COLLECTIONS}&limit=2");
    let page = sam.get(&path).await.expect(200);
    let bodies: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|row| &row["body"]).collect();
    assert_eq!(bodies, ["First", "Second"]);
    assert_eq!(page["next_cursor"], Value::Null);
}

async fn an_invalid_period_names_the_field(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let get = async |query: &str| sam.get(&format!("/exports/conversations?{query}")).await;
    get("").await.problem(InvalidQuery);
    get("from=yesterday").await.problem(InvalidQuery);
    get("from=2024-11-25T00:00:00Z&format=xml").await.problem(InvalidQuery);
    let same = get("from=2024-11-25T00:00:00Z&to=2024-11-25T00:00:00Z").await;
    assert_eq!(same.fault(InvalidQuery), ("to".into(), "before_from".into()));
    let future = get("from=2030-01-01T00:00:00Z").await;
    assert_eq!(future.fault(InvalidQuery), ("to".into(), "before_from".into()));
    let far = get("from=%2B99999-01-01T00:00:00Z").await;
    assert_eq!(far.status, 400);
    get("from=2024-11-25T00:00:00Z&cursor=x").await.problem(InvalidCursor);
}

async fn a_file_has_no_pages(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for (name, value) in [("limit", "5"), ("cursor", "x")] {
        let path = format!("/exports/messages?from=2024-11-25T00:00:00Z&format=csv&{name}={value}");
        assert_eq!(sam.get(&path).await.fault(InvalidQuery), (name.into(), "unsupported".into()));
    }
}

async fn an_export_needs_the_permission_for_reports(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for noun in ["messages", "conversations"] {
        ann.get(&format!("/exports/{noun}?from=2024-11-25T00:00:00Z")).await.problem(Forbidden);
    }
}
