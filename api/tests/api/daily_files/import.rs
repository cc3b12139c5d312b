//! Importing a daily file: the stored customers, the refreshed conversations and the shown key data.

use chrono::TimeDelta;
use reqwest::{Method, multipart};
use serde_json::{Value, json};
use shared::ErrorCode;

use crate::support::{
    ApiResponse, TestApp,
    daily_files::customers,
    fixtures::{ANN, BO, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, MARIA, SAM, SHARED, STRANGER, stranger},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    an_imported_file_becomes_current_and_its_key_data_is_shown,
    added_changed_and_dropped_customers_are_counted_by_ref,
    rejected_rows_are_listed_and_can_be_downloaded,
    conversations_in_progress_take_over_refs_and_names,
    a_changed_owner_of_a_number_is_reported,
    ten_thousand_customers_can_be_imported,
    a_multipart_form_is_accepted,
    a_column_mapping_is_saved_and_used,
    a_column_mapping_is_validated,
    unusually_few_rows_need_a_confirmation,
    a_new_file_is_announced_on_the_stream,
    files_of_other_teams_are_not_found,
];

async fn an_imported_file_becomes_current_and_its_key_data_is_shown(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let text = "Due date,Ref,Name,Number,Balance\n2024-12-01,A-1,Maria J,07700 900123,=cmd()\n,A-2,Al,07700900456,\n";
    let imported = sam.import(text).await.expect(201);
    let row = |line: i64, reference: &str, name: &str, number: &str| json!({"line": line, "ref": reference, "name": name, "number": number});
    let mut shown = imported.clone();
    let examples = shown.as_object_mut().unwrap().remove("examples").unwrap();
    let expected = json!({"id": imported["id"], "file_date": "2024-11-25", "rows": 2, "accepted": 2, "rejected": [],
        "rejected_rows": 0, "added": 2, "changed": 0, "dropped": 3, "unchanged": 0, "duplicates": [], "duplicate_refs": 0,
        "columns": ["Due date", "Balance"]});
    assert_eq!(shown, expected);
    assert_eq!(
        examples["added"],
        json!([row(2, "A-1", "Maria J", MARIA), row(3, "A-2", "Al", "+447700900456")])
    );
    assert_eq!(examples["dropped"].as_array().unwrap().len(), 3);

    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(MARIA, "Hello").await;
    let shown = ann.get(&format!("/conversations/{conversation}/key_data")).await.expect(200);
    let fields = json!([{"name": "Due date", "value": "2024-12-01"}, {"name": "Balance", "value": "=cmd()"}]);
    let customers = json!([{"ref": "A-1", "name": "Maria J", "fields": fields}]);
    assert_eq!(
        shown,
        json!({"file_date": "2024-11-25", "customers": customers, "changed_owner": false, "changed_owner_since": null})
    );

    let files = sam.daily_files().await;
    assert_eq!(files.iter().filter(|file| file["is_current"] == true).count(), 1);
    let newest = json!({"id": imported["id"], "team_id": COLLECTIONS, "file_date": "2024-11-25", "rows": 2, "accepted": 2,
        "rejected_rows": 0, "is_current": true, "created_by": "Sam", "created_at": "2024-11-25T09:00:00Z"});
    assert_eq!(files[0], newest);
}

async fn added_changed_and_dropped_customers_are_counted_by_ref(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let import_and_count = async |text: &str| {
        let imported = sam.import(text.to_owned()).await.expect(201);
        ["added", "changed", "dropped"].map(|word| imported[word].as_i64().unwrap())
    };
    let header = "ref,name,number,balance\n";
    let first =
        format!("{header}A,Jo,07700900101,1\nB,Al,07700900102,2\nC,Cy,07700900103,3\nC,Cy,07700900104,3\n");
    assert_eq!(import_and_count(&first).await, [3, 0, 3]);
    assert_eq!(import_and_count(&first).await, [0, 0, 0]);
    let reordered =
        format!("{header}C,Cy,07700900104,3\nB,Al,07700900102,2\nC,Cy,07700900103,3\nA,Jo,07700900101,1\n");
    assert_eq!(import_and_count(&reordered).await, [0, 0, 0], "the order does not matter");
    let next = format!(
        "{header}A,Joanna,07700900101,1\nB,Al,07700900102,5\nC,Cy,07700900103,3\nD,Di,07700900104,1\n"
    );
    assert_eq!(
        import_and_count(&next).await,
        [1, 3, 0],
        "another name, other key data, one number less, a new customer"
    );
    assert_eq!(
        import_and_count("ref,name,number\nA,Joanna,07700900101\n").await,
        [0, 1, 3],
        "one column less"
    );
}

async fn rejected_rows_are_listed_and_can_be_downloaded(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let text = "ref,name,mobile\nA-1,Jo,07700900123\n,Al,07700900124\n\"A-3\",Al,call me\n\nA-4,Al,\u{a0}=1+1\n,,\n\
                A-1,Jo,07700 900123\nA-1,Jo,07700900125\n";
    let imported = sam.import(text).await.expect(201);
    let counts = ["rows", "accepted", "rejected_rows"].map(|word| imported[word].as_i64().unwrap());
    assert_eq!(counts, [6, 2, 4]);
    let reported: Vec<String> = imported["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            assert!(!row["reason"].as_str().unwrap().is_empty());
            format!("{} {} {}", row["line"], row["column"].as_str().unwrap(), row["value"].as_str().unwrap())
        })
        .collect();
    assert_eq!(reported, ["3 ref ", "4 mobile call me", "6 mobile \u{a0}=1+1", "8 ref A-1"]);
    let of_team = format!("daily_file_id = {}", imported["id"]);
    assert_eq!(app.database.count("customers", &of_team), 2);

    let path = format!("/teams/{COLLECTIONS}/daily_files/{}/rejected", imported["id"]);
    let file = sam.get(&path).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = format!("attachment; filename=\"rejected-rows-{}.csv\"", imported["id"]);
    assert_eq!(file.header("content-disposition"), Some(name.as_str()));
    let lines: Vec<&str> = file.body.split("\r\n").collect();
    assert_eq!(lines[0], "line,column,value,reason");
    assert!(lines[3].starts_with("6,mobile,\u{a0}'=1+1,"), "{lines:?}");
    assert_eq!(lines.len(), 6);
    let none = sam.get(&format!("/teams/{COLLECTIONS}/daily_files/2/rejected")).await;
    assert_eq!((none.status, none.body.as_str()), (200, "line,column,value,reason\r\n"));
}

async fn conversations_in_progress_take_over_refs_and_names(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let [maria, shared, known, closed] =
        [MARIA, SHARED, STRANGER, &stranger(1)].map(|number| number.to_owned());
    let mut ids = Vec::new();
    for number in [&maria, &shared, &known, &closed] {
        ids.push(app.inbound(number, "Hello").await);
    }
    let new = json!({"team_id": COLLECTIONS, "number": stranger(2), "body": "Hello"});
    ids.push(sam.post("/conversations", new).await.expect(201)["id"].as_i64().unwrap());
    ids.push(app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await);
    assert_eq!(sam.close(ids[3]).await.status, 201);
    let text = format!(
        "ref,name,number\nA-10021,Maria Smith,{MARIA}\nA-10033,New,{MARIA}\nA-1,Jo,{SHARED}\nA-2,Al,{SHARED}\n\
         A-3,Sid Stranger,{STRANGER}\nA-4,Cy,{closed}\nA-5,Penny Pending,{}\n",
        stranger(2)
    );
    sam.import(text).await.expect(201);
    let admin = app.signed_in(crate::support::fixtures::ADMIN).await;
    let mut found = Vec::new();
    for id in &ids {
        let conversation = admin.conversation(*id).await;
        found.push((conversation["ref"].clone(), conversation["name"].clone()));
    }
    let held = |reference: &str, name: &str| (json!(reference), json!(name));
    let unknown = (Value::Null, Value::Null);
    assert_eq!(found[0], held("A-10021", "Maria Smith"), "the conversation keeps its customer");
    assert_eq!(found[1], unknown, "two customers have the number");
    assert_eq!(found[2], held("A-3", "Sid Stranger"));
    assert_eq!(found[3], unknown, "a closed conversation does not change");
    assert_eq!(found[4], held("A-5", "Penny Pending"));
    assert_eq!(found[5], unknown, "another team's conversation");
    let hits = sam.get(&format!("/search?team_id={COLLECTIONS}&q=sid")).await.items();
    assert_eq!(hits.iter().map(|hit| &hit["id"]).collect::<Vec<_>>(), [&json!(ids[2])]);
}

async fn a_changed_owner_of_a_number_is_reported(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let conversation = app.inbound(MARIA, "Hello").await;
    let key_data = format!("/conversations/{conversation}/key_data");
    assert_eq!(sam.get(&key_data).await.expect(200)["changed_owner"], false);
    sam.import(format!("ref,name,number\nB-1,Nadia New,{MARIA}\n")).await.expect(201);
    let shown = sam.get(&key_data).await.expect(200);
    assert_eq!((&shown["changed_owner"], &shown["customers"][0]["ref"]), (&json!(true), &json!("B-1")));
    let held = sam.conversation(conversation).await;
    assert_eq!((&held["ref"], &held["name"]), (&json!("A-10021"), &json!("Maria Jones")));

    // Earlier messages belong to the previous holder, no matter how many files confirm the change, until that customer
    // has the number again.
    let since = json!(app.clock.now());
    for (file, shown) in [
        (format!("ref,name,number\nB-1,Nadia New,{MARIA}\n"), since.clone()),
        (format!("ref,name,number\nB-2,Nell Newer,{MARIA}\n"), since),
        (format!("ref,name,number\nA-10021,Maria Jones,{MARIA}\n"), Value::Null),
    ] {
        app.advance(TimeDelta::minutes(1));
        sam.import(file).await.expect(201);
        assert_eq!(sam.get(&key_data).await.expect(200)["changed_owner_since"], shown);
    }
}

async fn ten_thousand_customers_can_be_imported(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let imported = sam.import(customers(10_000)).await.expect(201);
    assert_eq!((imported["accepted"].as_i64(), imported["added"].as_i64()), (Some(10_000), Some(10_000)));
    let of_file = format!("daily_file_id = {}", imported["id"]);
    assert_eq!(app.database.count("customers", &of_file), 10_000);
    let one = format!("{of_file} AND number = '+447800009999' AND line = 10001 AND ref = 'B-9999'");
    assert_eq!(app.database.count("customers", &one), 1);
}

async fn a_multipart_form_is_accepted(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let form = |name: &'static str| {
        let file = multipart::Part::text(customers(3000)).file_name("customers.csv");
        multipart::Form::new().text("note", "for today").part(name, file)
    };
    let path = format!("/teams/{COLLECTIONS}/daily_files?confirm=true");
    let sent = ApiResponse::to(sam.request(Method::POST, &path).multipart(form("file"))).await;
    assert_eq!(sent.expect(201)["accepted"], 3000);
    let other = ApiResponse::to(sam.request(Method::POST, &path).multipart(form("files"))).await;
    other.problem(ErrorCode::InvalidBody);
    ApiResponse::to(sam.request(Method::POST, &path).json(&json!({})))
        .await
        .problem(ErrorCode::UnsupportedMediaType);
    assert_eq!(app.database.count("daily_files", "state = 'staged'"), 0, "nothing blocks the next import");
}

async fn a_column_mapping_is_saved_and_used(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let path = format!("/teams/{COLLECTIONS}/column_mapping");
    assert_eq!(ann.get(&path).await.expect(200), json!({"ref": null, "name": null, "number": null}));
    let text = "Policy,Holder,Number,Second phone\nP-1,Jo,07700900123,07700900456\n";
    sam.import(text).await.problem(ErrorCode::InvalidFile);
    let mapping = json!({"ref": " policy ", "name": "HOLDER", "number": "second phone"});
    let saved = json!({"ref": "policy", "name": "HOLDER", "number": "second phone"});
    assert_eq!(sam.put(&path, mapping).await.expect(200), saved);
    assert_eq!(ann.get(&path).await.expect(200), saved);
    let imported = sam.import(text).await.expect(201);
    assert_eq!(imported["columns"], json!(["Number"]));
    assert_eq!(app.database.count("customers", "ref = 'P-1' AND number = '+447700900456'"), 1);
    assert_eq!(sam.put(&path, json!({"ref": "", "name": null})).await.expect(200)["ref"], Value::Null);
}

async fn a_column_mapping_is_validated(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let path = format!("/teams/{COLLECTIONS}/column_mapping");
    let faults = sam.put(&path, json!({"ref": "x".repeat(201), "name": "A", "number": "a"})).await;
    assert_eq!(faults.faults(ErrorCode::ValidationFailed), ["ref:too_long", "number:taken"]);
    sam.put(&path, json!({"ref": 1})).await.problem(ErrorCode::InvalidBody);
    app.signed_in(ANN).await.put(&path, json!({})).await.problem(ErrorCode::Forbidden);
}

async fn unusually_few_rows_need_a_confirmation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    sam.import(customers(10)).await.expect(201);
    let current = sam.current_file().await;
    let few = ApiResponse::to(sam.import_request("", customers(4))).await.problem(ErrorCode::UnusualDrop);
    assert!(few["detail"].as_str().unwrap().contains("confirm=true"), "{few}");
    assert_eq!(few["turnover"], json!({"added": 0, "changed": 0, "dropped": 6, "unchanged": 4}));
    assert_eq!(sam.current_file().await, current);
    ApiResponse::to(sam.import_request("", customers(5))).await.expect(201);
    ApiResponse::to(sam.import_request("?confirm=true", customers(1))).await.expect(201);
    ApiResponse::to(sam.import_request("?confirm=perhaps", customers(1)))
        .await
        .problem(ErrorCode::InvalidQuery);
}

async fn a_new_file_is_announced_on_the_stream(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let mut listener = Listener::to(&ann).await;
    sam.import(customers(3)).await.expect(201);
    let event = listener.event().await.unwrap();
    assert_eq!((&event["kind"], &event["team_id"]), (&json!("team_changed"), &json!(COLLECTIONS)));
}

async fn files_of_other_teams_are_not_found(app: TestApp) {
    let (sam, bo) = (app.signed_in(SAM).await, app.signed_in(BO).await);
    let path_in_claims = |rest: &str| format!("/teams/{CLAIMS}/{rest}");
    sam.get(&path_in_claims("daily_files")).await.problem(ErrorCode::NotFound);
    sam.get(&path_in_claims("column_mapping")).await.problem(ErrorCode::NotFound);
    sam.post(&path_in_claims("daily_files/2/restore"), json!({})).await.problem(ErrorCode::NotFound);
    // Another team's file through a team of the caller's.
    let support = "/teams/2/daily_files/2";
    sam.post(&format!("{support}/restore"), json!({})).await.problem(ErrorCode::NotFound);
    sam.get(&format!("{support}/rejected")).await.problem(ErrorCode::NotFound);
    bo.import(customers(1)).await.problem(ErrorCode::Forbidden);
}
