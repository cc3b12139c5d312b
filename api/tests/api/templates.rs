//! The template drop-down: each template of the team, rendered for the conversation.

use serde_json::{Value, json};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ANN, BALANCE, BO, CLAIMS_NUMBER, CLAIMS_TEMPLATE, CY, GREETING, MARIA, SHARED, STRANGER,
        SUPPORT_NUMBER, THANKS,
    },
    on_both_databases,
};

on_both_databases![
    a_template_is_rendered_with_the_customers_values,
    without_a_value_a_placeholder_stays_and_is_named_as_missing,
    a_team_has_its_own_templates_and_those_of_all,
    a_value_that_looks_like_a_placeholder_is_not_filled_in_again,
    the_customer_whom_the_conversation_is_held_with_gives_the_values,
];

async fn rendered(client: &Client, conversation: i64) -> Vec<Value> {
    client.get(&format!("/conversations/{conversation}/templates")).await.items()
}

async fn a_template_is_rendered_with_the_customers_values(app: TestApp) {
    let conversation = app.text(MARIA, "Hello").await;
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

async fn without_a_value_a_placeholder_stays_and_is_named_as_missing(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let templates = rendered(&ann, conversation).await;
    assert_eq!(templates[0]["rendered"], "Hello {{name}}, this is Ann of Collections.");
    assert_eq!(templates[0]["missing"], json!(["name"]));
    assert_eq!(templates[1]["rendered"], templates[1]["body"]);
    assert_eq!(templates[1]["missing"], json!(["ref", "balance", "Due date"]));
    assert_eq!(templates[2]["missing"], json!([]));
}

async fn a_team_has_its_own_templates_and_those_of_all(app: TestApp) {
    let ids = async |client: &Client, conversation: i64| -> Vec<i64> {
        let templates = rendered(client, conversation).await;
        templates.iter().map(|template| template["id"].as_i64().unwrap()).collect()
    };
    let support = app.text_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    assert_eq!(ids(&app.signed_in(BO).await, support).await, [THANKS]);
    let claim = app.text_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    assert_eq!(ids(&app.signed_in(CY).await, claim).await, [CLAIMS_TEMPLATE, THANKS]);
}

async fn a_value_that_looks_like_a_placeholder_is_not_filled_in_again(app: TestApp) {
    let renamed = format!("UPDATE customers SET name = '{{{{ref}}}} & Sons' WHERE number = '{MARIA}'");
    app.database.run(&renamed).unwrap();
    let conversation = app.text(MARIA, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let greeting = &rendered(&ann, conversation).await[0];
    assert_eq!(greeting["rendered"], "Hello {{ref}} & Sons, this is Ann of Collections.");
    assert_eq!(greeting["missing"], json!([]));
}

async fn the_customer_whom_the_conversation_is_held_with_gives_the_values(app: TestApp) {
    let conversation = app.text(SHARED, "Hello").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(rendered(&ann, conversation).await[1]["missing"], json!(["ref", "balance", "Due date"]));
    // Once it is known which of the two who share the number it is.
    app.database.run("UPDATE conversations SET ref = 'A-10031'").unwrap();
    let balance = &rendered(&ann, conversation).await[1];
    assert_eq!(balance["rendered"], "A-10031: GBP 3.00 is due on {{Due date}}.");
    assert_eq!(balance["missing"], json!(["Due date"]), "an empty value is none");
}
