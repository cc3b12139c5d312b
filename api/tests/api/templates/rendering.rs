//! Reading templates: the list, the placeholders, and the rendered text for a conversation or a number.

use serde_json::{Value, json};
use shared::ErrorCode::{InvalidCursor, InvalidQuery, NotFound, ValidationFailed};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ADMIN, ANN, ARCHIVED_TEMPLATE, BALANCE, BO, CLAIMS, CLAIMS_NUMBER, CLAIMS_TEMPLATE, COLLECTIONS, CY,
        GREETING, MARIA, SAM, SHARED, STRANGER, SUPPORT_NUMBER, THANKS,
    },
    on_both_databases,
};

on_both_databases![
    a_template_is_rendered_with_the_customers_values,
    a_placeholder_without_a_value_stays_and_is_reported_as_missing,
    a_team_has_its_own_templates_and_the_shared_ones,
    a_value_that_looks_like_a_placeholder_is_not_expanded,
    a_shared_number_fills_no_placeholder_until_a_customer_is_picked,
    a_new_owner_is_never_greeted_by_the_former_owners_name,
    templates_are_rendered_for_an_ad_hoc_number,
    another_teams_templates_are_not_found,
    placeholders_are_the_standard_ones_and_the_current_files_columns,
    the_list_has_the_teams_own_templates_before_the_shared_ones,
];

async fn rendered(client: &Client, conversation: i64) -> Vec<Value> {
    client.get(&format!("/conversations/{conversation}/templates")).await.items()
}

async fn a_template_is_rendered_with_the_customers_values(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let expected = [
        json!({"id": GREETING, "name": "Greeting", "body": "Hello {{name}}, this is {{agent}} of {{team}}.",
            "rendered": "Hello Maria Jones, this is Ann of Collections.", "missing": []}),
        json!({"id": BALANCE, "name": "Balance", "body": "{{ref}}: {{balance}} is due on {{Due date}}.",
            "rendered": "A-10021: GBP 120.00 is due on 2024-11-30.", "missing": []}),
        json!({"id": THANKS, "name": "Thanks", "body": "Thank you. Your number is {{number}}.",
            "rendered": "Thank you. Your number is +44 7700 900123.", "missing": []}),
    ];
    assert_eq!(rendered(&ann, conversation).await, expected);
}

async fn a_placeholder_without_a_value_stays_and_is_reported_as_missing(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let templates = rendered(&ann, conversation).await;
    assert_eq!(templates[0]["rendered"], "Hello {{name}}, this is Ann of Collections.");
    assert_eq!(templates[0]["missing"], json!(["name"]));
    assert_eq!(templates[1]["rendered"], templates[1]["body"]);
    assert_eq!(templates[1]["missing"], json!(["ref", "balance", "Due date"]));
    assert_eq!(templates[2]["missing"], json!([]));
}

async fn a_team_has_its_own_templates_and_the_shared_ones(app: TestApp) {
    let ids = async |client: &Client, conversation: i64| -> Vec<i64> {
        let templates = rendered(client, conversation).await;
        templates.iter().map(|template| template["id"].as_i64().unwrap()).collect()
    };
    let support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    assert_eq!(ids(&app.signed_in(BO).await, support).await, [THANKS]);
    let claim = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    assert_eq!(ids(&app.signed_in(CY).await, claim).await, [CLAIMS_TEMPLATE, THANKS]);
}

async fn a_value_that_looks_like_a_placeholder_is_not_expanded(app: TestApp) {
    let renamed = format!("UPDATE customers SET name = '{{{{ref}}}} & Sons' WHERE number = '{MARIA}'");
    app.database.run(&renamed).unwrap();
    let conversation = app.inbound(MARIA, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let greeting = &rendered(&ann, conversation).await[0];
    assert_eq!(greeting["rendered"], "Hello {{ref}} & Sons, this is Ann of Collections.");
    assert_eq!(greeting["missing"], json!([]));
}

async fn a_shared_number_fills_no_placeholder_until_a_customer_is_picked(app: TestApp) {
    let conversation = app.inbound(SHARED, "Hello").await;
    let ann = app.signed_in(ANN).await;
    // The conversation has a ref, but which of the two customers is writing is unknown.
    for known in ["NULL", "'A-10031'", "'A-1'"] {
        app.database.run(&format!("UPDATE conversations SET ref = {known}, name = 'Maria Jones'")).unwrap();
        let templates = rendered(&ann, conversation).await;
        assert_eq!(templates[0]["missing"], json!(["name"]), "{known}");
        assert_eq!(templates[1]["missing"], json!(["ref", "balance", "Due date"]), "{known}");
        assert_eq!(templates[2]["missing"], json!([]), "{known}");
    }
    let picked = async |reference: &str| {
        ann.get(&format!("/conversations/{conversation}/templates?ref={reference}")).await
    };
    let balance = &picked("A-10031").await.items()[1];
    assert_eq!(balance["rendered"], "A-10031: GBP 3.00 is due on {{Due date}}.");
    assert_eq!(balance["missing"], json!(["Due date"]), "an empty value counts as missing");
    let other = &picked("A-10032").await.items()[1];
    assert!(other["rendered"].as_str().unwrap().starts_with("A-10032: "), "{other}");
    assert_eq!(
        picked("A-10021").await.faults(ValidationFailed),
        ["ref:unknown"],
        "the ref of another number"
    );
    let sam = app.signed_in(SAM).await;
    let path = format!("/teams/{COLLECTIONS}/templates?number=07700900130&ref=A-10032");
    let ad_hoc = &sam.get(&path).await.items()[1];
    assert!(ad_hoc["rendered"].as_str().unwrap().starts_with("A-10032: "), "{ad_hoc}");
}

async fn a_new_owner_is_never_greeted_by_the_former_owners_name(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let conversation = app.inbound(MARIA, "Hello").await;
    let greeting = async || rendered(&sam, conversation).await.remove(0);
    let number_of = |reference: &str, name: &str| format!("ref,name,number\n{reference},{name},{MARIA}\n");
    // While the number is in no file, the conversation keeps its name.
    sam.import("ref,name,number\nA-1,Al,07700900999\n").await.expect(201);
    assert_eq!(greeting().await["rendered"], "Hello Maria Jones, this is Sam of Collections.");
    // Another customer has the number.
    sam.import(number_of("B-1", "Nadia New")).await.expect(201);
    assert_eq!(greeting().await["rendered"], "Hello Nadia New, this is Sam of Collections.");
    // Two other customers have it.
    sam.import(format!("{}B-2,Nell Newer,{MARIA}\n", number_of("B-1", "Nadia New"))).await.expect(201);
    assert_eq!(greeting().await["missing"], json!(["name"]));
    // Another customer had it last.
    sam.import("ref,name,number\nA-1,Al,07700900999\n").await.expect(201);
    assert_eq!(greeting().await["missing"], json!(["name"]));
    // Maria has it again.
    sam.import(number_of("A-10021", "Maria Smith")).await.expect(201);
    assert_eq!(greeting().await["rendered"], "Hello Maria Smith, this is Sam of Collections.");
}

async fn templates_are_rendered_for_an_ad_hoc_number(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let path = |number: &str| format!("/teams/{COLLECTIONS}/templates{number}");
    let text_of = |template: &Value| template["rendered"].as_str().unwrap().to_owned();
    for typed in ["?number=%2B447700900123", "?number=07700+900123", "?number=(07700)%20900-123"] {
        let templates = sam.get(&path(typed)).await.items();
        let ids: Vec<i64> = templates.iter().map(|template| template["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, [GREETING, BALANCE, THANKS]);
        assert_eq!(text_of(&templates[0]), "Hello Maria Jones, this is Sam of Collections.");
        assert_eq!(text_of(&templates[1]), "A-10021: GBP 120.00 is due on 2024-11-30.");
        assert_eq!(text_of(&templates[2]), "Thank you. Your number is +44 7700 900123.");
        assert!(templates.iter().all(|template| template["missing"] == json!([])));
    }
    // In no file: the number is known, the customer is not.
    let templates = sam.get(&path("?number=07700900456")).await.items();
    assert_eq!(templates[0]["missing"], json!(["name"]));
    assert_eq!(text_of(&templates[2]), "Thank you. Your number is +44 7700 900456.");
    // Two customers share it, so the customer is unknown.
    assert_eq!(sam.get(&path("?number=07700900130")).await.items()[0]["missing"], json!(["name"]));
    // An incomplete number is not a number.
    for typed in ["", "?number=", "?number=07700", "?number=Maria", "?number=%00", "?number=%F0%9F%98%80"] {
        let templates = sam.get(&path(typed)).await.items();
        assert_eq!(templates[1]["missing"], json!(["ref", "balance", "Due date"]), "{typed}");
        assert_eq!(templates[2]["missing"], json!(["number"]), "{typed}");
    }
}

async fn another_teams_templates_are_not_found(app: TestApp) {
    let cy = app.signed_in(CY).await;
    let own = cy.get(&format!("/teams/{CLAIMS}/templates?number=07700900123")).await.items();
    assert_eq!(own.len(), 2);
    // Another team's data about the number is not shown either.
    assert_eq!(own[1]["rendered"], "Thank you. Your number is +44 7700 900123.");
    for team in [COLLECTIONS, 4711, 0] {
        cy.get(&format!("/teams/{team}/templates")).await.problem(NotFound);
        cy.get(&format!("/placeholders?team_id={team}")).await.problem(NotFound);
        cy.get(&format!("/templates?team_id={team}")).await.problem(NotFound);
    }
    for template in [GREETING, ARCHIVED_TEMPLATE, 4711] {
        cy.get(&format!("/templates/{template}")).await.problem(NotFound);
    }
    assert_eq!(cy.get(&format!("/templates/{THANKS}")).await.expect(200)["team_id"], Value::Null);
}

async fn placeholders_are_the_standard_ones_and_the_current_files_columns(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let placeholders = async |client: &Client, query: &str| -> Vec<(String, Value)> {
        let items = client.get(&format!("/placeholders{query}")).await.items();
        let pair = |item: &Value| (item["name"].as_str().unwrap().to_owned(), item["sample"].clone());
        items.iter().map(pair).collect()
    };
    let own = |name: &str, sample: &str| (name.to_owned(), json!(sample));
    let none = |name: &str| (name.to_owned(), Value::Null);
    let of_collections = [
        own("name", "Maria Jones"),
        own("ref", "A-10021"),
        own("number", "+44 7700 900123"),
        own("agent", "Sam"),
        own("team", "Collections"),
        own("Balance", "GBP 120.00"),
        own("Due date", "2024-11-30"),
    ];
    assert_eq!(placeholders(&sam, "?team_id=1").await, of_collections);
    let of_support = [none("name"), none("ref"), none("number"), own("agent", "Sam"), own("team", "Support")];
    assert_eq!(placeholders(&sam, "?team_id=2").await, of_support);
    // For shared templates: the columns of any of the caller's teams.
    assert_eq!(placeholders(&sam, "").await, of_collections);
    let cy = app.signed_in(CY).await;
    assert_eq!(placeholders(&cy, "").await.len(), 5);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(placeholders(&admin, "").await.len(), 7);
}

async fn the_list_has_the_teams_own_templates_before_the_shared_ones(app: TestApp) {
    let ids = async |client: &Client, query: &str| -> Vec<i64> {
        let items = client.get(&format!("/templates{query}")).await.items();
        items.iter().map(|template| template["id"].as_i64().unwrap()).collect()
    };
    let sam = app.signed_in(SAM).await;
    assert_eq!(ids(&sam, "").await, [GREETING, BALANCE, THANKS]);
    assert_eq!(ids(&sam, "?team_id=2").await, [THANKS]);
    assert_eq!(ids(&sam, "?archived=true").await, [ARCHIVED_TEMPLATE]);
    assert_eq!(ids(&sam, "?team_id=2&archived=true").await, [0_i64; 0]);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(ids(&admin, "").await, [GREETING, BALANCE, CLAIMS_TEMPLATE, THANKS]);
    let first = admin.get("/templates?limit=3").await.expect(200);
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&admin, &format!("?limit=3&cursor={next}")).await, [THANKS]);
    let one = sam.get(&format!("/templates/{GREETING}")).await.expect(200);
    let expected = json!({"id": GREETING, "team_id": COLLECTIONS, "name": "Greeting",
        "body": "Hello {{name}}, this is {{agent}} of {{team}}.", "position": 1, "archived_at": null,
        "version": one["version"]});
    assert_eq!(one, expected);
    let archived = sam.get(&format!("/templates/{ARCHIVED_TEMPLATE}")).await.expect(200);
    assert_eq!(archived["archived_at"], "2024-11-25T09:00:00Z");
    for query in ["limit=0", "limit=201", "archived=perhaps", "team_id=one"] {
        sam.get(&format!("/templates?{query}")).await.problem(InvalidQuery);
    }
    sam.get("/templates?cursor=x").await.problem(InvalidCursor);
}
