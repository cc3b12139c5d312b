//! Key data: read from the team's current daily file by number at each request (rule 11).

use serde_json::{Value, json};

use crate::support::{
    Client, TestApp,
    fixtures::{ANN, BO, FORMER, MARIA, SHARED, STRANGER, SUPPORT_NUMBER},
    on_both_databases,
};

on_both_databases![
    the_columns_have_the_order_of_the_file,
    both_customers_who_share_a_number_are_shown,
    there_is_no_key_data_without_a_file_or_a_matching_row,
    a_newer_file_is_used_at_once_and_the_conversation_keeps_its_name,
    a_changed_owner_of_the_number_is_reported,
];

async fn key_data(client: &Client, conversation: i64) -> Value {
    client.get(&format!("/conversations/{conversation}/key_data")).await.expect(200)
}

async fn the_columns_have_the_order_of_the_file(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let expected = json!({
        "file_date": "2024-11-25",
        "customers": [{"ref": "A-10021", "name": "Maria Jones", "fields": [
            {"name": "Balance", "value": "GBP 120.00"}, {"name": "Due date", "value": "2024-11-30"}]}],
        "changed_owner": false,
        "changed_owner_since": null,
    });
    assert_eq!(key_data(&ann, conversation).await, expected);
}

async fn both_customers_who_share_a_number_are_shown(app: TestApp) {
    let conversation = app.inbound(SHARED, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let shown = key_data(&ann, conversation).await;
    let refs: Vec<_> =
        shown["customers"].as_array().unwrap().iter().map(|customer| &customer["ref"]).collect();
    assert_eq!(refs, ["A-10031", "A-10032"]);
    assert_eq!(shown["changed_owner"], false);
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["ref"], &seen["customer"]), (&Value::Null, &Value::Null));
}

async fn there_is_no_key_data_without_a_file_or_a_matching_row(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for number in [STRANGER, FORMER] {
        let conversation = app.inbound(number, "Hello").await;
        let expected = json!({"file_date": "2024-11-25", "customers": [], "changed_owner": false,
        "changed_owner_since": null});
        assert_eq!(key_data(&ann, conversation).await, expected);
    }
    let conversation = app.inbound_to(SUPPORT_NUMBER, MARIA, "Hello").await;
    let bo = app.signed_in(BO).await;
    let expected = json!({"file_date": null, "customers": [], "changed_owner": false,
        "changed_owner_since": null});
    assert_eq!(key_data(&bo, conversation).await, expected);
}

async fn a_newer_file_is_used_at_once_and_the_conversation_keeps_its_name(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.database.run(&format!("DELETE FROM customers WHERE number = '{MARIA}'")).unwrap();
    assert_eq!(key_data(&ann, conversation).await["customers"], json!([]));
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["customer"], Value::Null);
    assert_eq!((&seen["ref"], &seen["name"]), (&json!("A-10021"), &json!("Maria Jones")));
}

async fn a_changed_owner_of_the_number_is_reported(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let moved = format!("UPDATE customers SET ref = 'A-99999', name = 'New Owner' WHERE number = '{MARIA}'");
    app.database.run(&moved).unwrap();
    let shown = key_data(&ann, conversation).await;
    assert_eq!(shown["changed_owner"], true);
    assert_eq!(shown["customers"][0]["name"], "New Owner");
    assert_eq!(ann.conversation(conversation).await["name"], "Maria Jones");
    // The owner cannot have changed if the conversation has no known customer.
    let unknown = app.inbound(SHARED, "Hello").await;
    assert_eq!(key_data(&ann, unknown).await["changed_owner"], false);
}
