//! The queue filtered by assignment, and its counts.

use serde_json::{Value, json};
use shared::ErrorCode::InvalidQuery;

use crate::support::{
    ApiResponse, Client, Kind, TestApp,
    database::sql_timestamp,
    fixtures::{ANN, BO, COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_section_has_only_the_conversations_that_the_filter_names,
    the_counts_are_those_of_the_whole_team,
    a_filtered_section_has_its_own_entity_tag,
    a_filtered_list_is_read_page_by_page,
    only_open_conversations_of_an_account_can_be_filtered,
    every_change_of_an_assignment_is_counted,
];

fn ids(items: &Value) -> Vec<i64> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

async fn section(client: &Client, filter: &str) -> Value {
    client.get(&format!("/queue?{filter}")).await.expect(200)["sections"][0].clone()
}

/// Three conversations of Collections: one of Ann, one of Bo, one unassigned.
async fn three(app: &TestApp) -> (Client, [i64; 3]) {
    let ann = app.signed_in(ANN).await;
    let mut three = [0; 3];
    for (n, id) in three.iter_mut().enumerate() {
        *id = app.inbound(&stranger(n), "Hello").await;
    }
    ann.assign(three[0], ANN).await.expect(200);
    ann.assign(three[1], BO).await.expect(200);
    (ann, three)
}

async fn a_section_has_only_the_conversations_that_the_filter_names(app: TestApp) {
    let (ann, [of_ann, of_bo, unassigned]) = three(&app).await;
    assert_eq!(ids(&section(&ann, "").await["items"]), [of_ann, of_bo, unassigned]);
    assert_eq!(ids(&section(&ann, "assigned=me").await["items"]), [of_ann]);
    assert_eq!(ids(&section(&ann, "assigned=none").await["items"]), [unassigned]);
    let bo = app.signed_in(BO).await;
    assert_eq!(ids(&section(&bo, "assigned=me").await["items"]), [of_bo]);
    ann.create_reply(of_ann, "Hello").await;
    assert_eq!(section(&ann, "assigned=me").await["items"][0]["next_action"], "customer");
}

async fn the_counts_are_those_of_the_whole_team(app: TestApp) {
    let (ann, [of_ann, ..]) = three(&app).await;
    let counts = json!({"agent": 3, "customer": 0, "unassigned": 1, "snoozed": 0});
    let assignees =
        |ann: i64| json!([{"id": ANN.1, "name": "Ann", "open": ann}, {"id": BO.1, "name": "Bo", "open": 1}]);
    for filter in ["", "assigned=me", "assigned=none"] {
        let section = section(&ann, filter).await;
        assert_eq!((&section["counts"], &section["assignees"]), (&counts, &assignees(1)), "{filter}");
    }
    ann.close(of_ann).await.expect(201);
    let section = section(&ann, "").await;
    assert_eq!(section["counts"], json!({"agent": 2, "customer": 0, "unassigned": 1, "snoozed": 0}));
    assert_eq!(section["assignees"], json!([{"id": BO.1, "name": "Bo", "open": 1}]));
}

async fn a_filtered_section_has_its_own_entity_tag(app: TestApp) {
    let (ann, [.., unassigned]) = three(&app).await;
    let request = async |filter: &str, known: &str| {
        let request = ann.request(reqwest::Method::GET, &format!("/queue?{filter}"));
        ApiResponse::to(request.header("If-None-Match", known)).await
    };
    let all = request("", "").await.header("etag").unwrap().to_owned();
    let mine = request("assigned=me", "").await.header("etag").unwrap().to_owned();
    assert_ne!(all, mine);
    assert_eq!(request("assigned=me", &all).await.status, 200);
    assert_eq!(request("assigned=me", &mine).await.status, 304);
    ann.assign(unassigned, ANN).await.expect(200);
    assert_eq!(request("assigned=me", &mine).await.status, 200);
}

async fn a_filtered_list_is_read_page_by_page(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut own = Vec::new();
    for n in 0..6 {
        let id = app.inbound(&stranger(n), "Hello").await;
        if n % 2 == 0 {
            ann.assign(id, ANN).await.expect(200);
            own.push(id);
        }
    }
    let path = format!("/conversations?team_id={COLLECTIONS}&status=open&assigned=me&limit=2");
    let pages: Vec<Vec<i64>> =
        ann.pages(&path).await.into_iter().map(|page| ids(&Value::Array(page))).collect();
    assert_eq!(pages, [own[..2].to_vec(), own[2..].to_vec()]);
    let section = section(&ann, "assigned=me&limit=2").await;
    let cursor = section["next_cursor"].as_str().unwrap();
    let rest = ann.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    assert_eq!(ids(&rest["items"]), own[2..]);
}

async fn only_open_conversations_of_an_account_can_be_filtered(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let closed = format!("/conversations?team_id={COLLECTIONS}&status=closed&assigned=me");
    assert_eq!(ann.get(&closed).await.fault(InvalidQuery), ("assigned".into(), "unsupported".into()));
    ann.get("/queue?assigned=bo").await.problem(InvalidQuery);
    let program = app.anonymous.with_token(FULL_KEY);
    let fault = program.get("/queue?assigned=me").await.fault(InvalidQuery);
    assert_eq!(fault, ("assigned".into(), "account_required".into()));
    assert_eq!(section(&program, "assigned=none").await["items"].as_array().unwrap().len(), 1);
}

/// The states of a conversation that the triggers distinguish, and their columns.
const STATES: [&str; 6] = [
    "status = 'pending', next_action = 'customer', assigned_to = 3, snoozed_until = NULL",
    "status = 'open', next_action = 'agent', assigned_to = NULL, snoozed_until = NULL",
    "status = 'open', next_action = 'agent', assigned_to = 3, snoozed_until = NULL",
    "status = 'open', next_action = 'customer', assigned_to = 4, snoozed_until = NULL",
    "status = 'open', next_action = 'agent', assigned_to = 3, snoozed_until = opened_at",
    "status = 'closed', next_action = NULL, closed_at = opened_at, closed_by = 'Ann', closure_reason_id = 2,
        closure_reason = 'Done', assigned_to = 3, snoozed_until = NULL",
];

fn assert_counted(app: &TestApp, after: &str) {
    for account in [ANN.1, BO.1] {
        let kept = format!("SELECT coalesce(sum(open), 0) FROM assigned_counts WHERE account_id = {account}");
        let open = format!("status = 'open' AND snoozed_until IS NULL AND assigned_to = {account}");
        let open = app.database.count("conversations", &open);
        assert_eq!(app.database.integer(&kept), open, "{account} after {after}");
    }
}

async fn every_change_of_an_assignment_is_counted(app: TestApp) {
    let now = sql_timestamp(app.database.kind, app.clock.now());
    let now = if app.database.kind == Kind::Postgres { format!("TIMESTAMPTZ {now}") } else { now };
    let mut id = 0;
    for from in &STATES[..5] {
        for to in STATES.into_iter().chain(["deleted"]) {
            id += 1;
            let insert = format!(
                "INSERT INTO conversations (id, team_id, team_number, number, status, origin, next_action, waiting_since,
                    opened_at, assigned_to)
                 VALUES ({id}, {COLLECTIONS}, '{COLLECTIONS_NUMBER}', '{}', 'open', 'inbound', 'agent', {now}, {now}, {})",
                stranger(id),
                ANN.1
            );
            app.database.run(&insert).unwrap();
            assert_counted(&app, "an insertion");
            app.database.run(&format!("UPDATE conversations SET {from} WHERE id = {id}")).unwrap();
            assert_counted(&app, from);
            let change = match to {
                "deleted" => format!("DELETE FROM conversations WHERE id = {id}"),
                to => format!("UPDATE conversations SET {to} WHERE id = {id}"),
            };
            app.database.run(&change).unwrap();
            assert_counted(&app, &format!("{from} -> {to}"));
        }
    }
}
