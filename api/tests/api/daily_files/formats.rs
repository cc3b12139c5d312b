//! Formats of daily files as programs write them: encodings, delimiters, quotes, line ends, and files that only look
//! like CSV.

use serde_json::{Value, json};
use shared::ErrorCode;

use crate::support::{
    Client, TestApp,
    fixtures::{COLLECTIONS, SAM},
    on_both_databases,
};

on_both_databases![
    encodings_delimiters_and_line_ends_make_no_difference,
    quoted_values_may_contain_any_character,
    numbers_in_any_usual_format_become_e164,
    three_hundred_columns_keep_their_order,
    customers_may_share_a_ref_or_a_number_but_not_both,
    an_invalid_file_is_refused_with_the_line,
    an_open_quote_never_mixes_two_customers,
    spreadsheet_values_are_read_or_refused_with_a_solution,
    a_ref_with_invisible_characters_is_the_same_customer,
    ten_thousand_empty_trailing_columns_are_ignored,
    a_sep_line_sets_the_delimiter,
    a_file_of_random_bytes_is_accepted_or_refused,
];

/// Imports a file and returns the stored customers, one line each.
async fn import_and_read(app: &TestApp, sam: &Client, file: impl Into<reqwest::Body>) -> Vec<String> {
    let imported = sam.import(file).await.expect(201);
    let select = format!(
        "SELECT line || '|' || number || '|' || ref || '|' || name || '|' || key_data AS value FROM customers
         WHERE daily_file_id = {} ORDER BY line",
        imported["id"]
    );
    app.database.strings(&select)
}

async fn encodings_delimiters_and_line_ends_make_no_difference(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let plain = "Ref,Name,Number,Note\nA-1,Zoë,07700900123,€ 1\n\nA-2,Jo,07700900456,\n";
    let expected = ["2|+447700900123|A-1|Zoë|[\"€ 1\"]", "4|+447700900456|A-2|Jo|[\"\"]"].map(str::to_owned);
    let windows: Vec<u8> = plain
        .chars()
        .map(|character| match character {
            'ë' => 0xEB,
            '€' => 0x80,
            other => u8::try_from(other).unwrap(),
        })
        .collect();
    let mixed = plain.replacen('\n', "\r\n", 1).replacen("€ 1\n\n", "€ 1\r\r", 1);
    for file in [
        plain.as_bytes().to_vec(),
        format!("\u{feff}{plain}").into_bytes(),
        windows,
        plain.replace(',', ";").into_bytes(),
        plain.replace(',', "\t").into_bytes(),
        plain.replace('\n', "\r\n").into_bytes(),
        plain.replace('\n', "\r").into_bytes(),
        mixed.into_bytes(),
        plain.trim_end().as_bytes().to_vec(),
    ] {
        let shown = String::from_utf8_lossy(&file).into_owned();
        assert_eq!(import_and_read(&app, &sam, file).await, expected, "{shown:?}");
    }
}

async fn quoted_values_may_contain_any_character(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let file = "ref;name;number;note\n\"A-1\";\"Jones; \"\"Maria\"\"\";\"07700900123\";\"one\ntwo, \"\"three\"\"\"\n\
                A-2;O'Neil;07700900124;=HYPERLINK(\"\"x\"\")\n";
    let expected = [
        "2|+447700900123|A-1|Jones; \"Maria\"|[\"one\\ntwo, \\\"three\\\"\"]",
        "4|+447700900124|A-2|O'Neil|[\"=HYPERLINK(\\\"\\\"x\\\"\\\")\"]",
    ];
    assert_eq!(import_and_read(&app, &sam, file).await, expected);
}

async fn numbers_in_any_usual_format_become_e164(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let typed = ["07700 900123", "(07700) 900-123", "+44 (0)7700 900123", "0044 7700 900123", "7700900123"];
    let mut file = String::from("ref,name,number\n");
    for (n, number) in typed.iter().enumerate() {
        file += &format!("A-{n},Jo,{number}\n");
    }
    file += "A-9,Jo,+1 500 555 0006\n";
    let found = import_and_read(&app, &sam, file).await;
    assert_eq!(found.len(), 6);
    assert!(found.iter().take(5).all(|row| row.contains("|+447700900123|")), "{found:?}");
    assert!(found[5].contains("|+15005550006|"), "{found:?}");
}

async fn three_hundred_columns_keep_their_order(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let names: Vec<String> = (0..297).map(|n| format!("Column {n}")).collect();
    let values: Vec<String> = (0..297).map(|n| n.to_string()).collect();
    let file = format!("ref,name,{},number\nA-1,Jo,{},07700900123\n", names.join(","), values.join(","));
    let imported = sam.import(file).await.expect(201);
    assert_eq!(imported["columns"], json!(names));
    let conversation = app.inbound("+447700900123", "Hello").await;
    let shown = sam.get(&format!("/conversations/{conversation}/key_data")).await.expect(200);
    let fields = shown["customers"][0]["fields"].as_array().unwrap();
    assert_eq!((fields.len(), &fields[296]), (297, &json!({"name": "Column 296", "value": "296"})));
}

async fn customers_may_share_a_ref_or_a_number_but_not_both(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let file = "ref,name,number\nA-1,Jo,07700900123\nA-1,Jo,07700900124\nA-2,Al,07700900123\nA-1,Joe,+447700900123\n\
                A-1,Jo,07700 900123\n";
    let imported = sam.import(file).await.expect(201);
    assert_eq!((imported["accepted"].as_i64(), imported["rejected_rows"].as_i64()), (Some(3), Some(2)));
    let rejected = imported["rejected"].as_array().unwrap();
    let reported: Vec<(&Value, &Value)> = rejected.iter().map(|row| (&row["line"], &row["reason"])).collect();
    let reason = json!("Line 2 already has this ref and number.");
    assert_eq!(reported, [(&json!(5), &reason), (&json!(6), &reason)]);
    let duplicates = json!([{"ref": "A-1", "lines": [2, 3, 5, 6], "accepted_lines": [2, 3]}]);
    assert_eq!((&imported["duplicates"], &imported["duplicate_refs"]), (&duplicates, &json!(1)));
    assert_eq!(imported["added"], 2, "customers, not rows");
}

async fn an_invalid_file_is_refused_with_the_line(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = sam.daily_files().await;
    for (file, expected) in [
        (&b""[..], &["line 1:empty"][..]),
        (b"\n\n\n", &["line 1:empty"]),
        (b"ref,name,number\n", &["line 1:no_rows"]),
        (b"\nref,name,number\n,,\n", &["line 2:no_rows"]),
        (b"ref,name,number\nA-1,Jo,07700900123\nA-2,J\x00,07700900124\n", &["line 3:not_text"]),
        (b"\xFF\xFEr\x00e\x00f\x00", &["line 1:unknown_encoding"]),
        (b"PK\x03\x04\x14\x00\x06\x00", &["line 1:not_csv"]),
        (b"\xEF\xBB\xBFref,name,number\nA-1,J\xEB,07700900123\n", &["line 2:unknown_encoding"]),
        (b"ref,name\nA-1,Jo\n", &["line 1:missing_column"]),
        (b"<html>\n<body>", &["line 1:missing_column", "line 1:missing_column", "line 1:missing_column"]),
        (b"{\"ref\": 1}", &["line 1:missing_column", "line 1:missing_column", "line 1:missing_column"]),
        (b"ref,name,number,ref\nA-1,Jo,07700900123,x\n", &["line 1:ambiguous_column"]),
        (b"ref,name,number\nA-1,Jo,1\n,Jo,07700900123\n", &["line 2:rejected", "line 3:rejected"]),
        (b"ref,name,number\nA-1,Jo,07700900123\nA-2,\"Jo,07700900124", &["line 3:open_quote"]),
        (b"ref,\"name\"x,number\nA-1,Jo,07700900123\n", &["line 1:invalid_header"]),
    ] {
        let shown = String::from_utf8_lossy(file).into_owned();
        let found = sam.import(file.to_vec()).await.faults(ErrorCode::InvalidFile);
        assert_eq!(found, expected, "{shown:?}");
    }
    assert_eq!(sam.daily_files().await, before, "the previous file is still current");
    assert_eq!(app.database.count("customers", "daily_file_id > 2"), 0);
}

/// Imports a file and returns the rejected lines with their reasons.
async fn rejected(sam: &Client, file: &str) -> Vec<(i64, String)> {
    let imported = sam.import(file.to_owned()).await.expect(201);
    let rows = imported["rejected"].as_array().unwrap();
    rows.iter()
        .map(|row| (row["line"].as_i64().unwrap(), row["reason"].as_str().unwrap().to_owned()))
        .collect()
}

async fn an_open_quote_never_mixes_two_customers(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let header = "ref,name,number,note\n";
    let others = ["3|+447700900102|A-2|Bo|[\"x\"]", "4|+447700900103|A-3|Cy|[\"\"]"];
    for broken in [
        "A-1,\"Al,07700900101,",
        "A-1,\"Al\" Smith,07700900101,",
        "A-1,Al,\"07700900101,",
        "\"A-1,Al,07700900101,",
        "A-1,Al,07700900101,\"note",
        "A-1,Al\",07700900101,",
    ] {
        let file = format!("{header}{broken}\nA-2,Bo,07700900102,\"x\"\nA-3,Cy,07700900103,\n");
        assert_eq!(import_and_read(&app, &sam, file.clone()).await, others, "{broken}");
        let lines: Vec<i64> = rejected(&sam, &file).await.into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2], "{broken}");
    }
}

async fn spreadsheet_values_are_read_or_refused_with_a_solution(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let typed = [
        "=\"07700900123\"",
        "\"=\"\"07700900123\"\"\"",
        "'07700900123",
        "Mobile: 07700 900123",
        "tel:+447700900123",
        "447700900123.0",
        "\u{202d}+44 7700 900123\u{202c}",
    ];
    let mut file = String::from("ref,name,number\n");
    for (n, number) in typed.iter().enumerate() {
        file += &format!("=\"00{n}\",Jo,{number}\n");
    }
    let found = import_and_read(&app, &sam, file).await;
    let expected: Vec<String> =
        (0..typed.len()).map(|n| format!("{}|+447700900123|00{n}|Jo|[]", n + 2)).collect();
    assert_eq!(found, expected);
    let file = "ref,name,number\nA-1,Jo,07700900123\nA-2,Al,4.47E+11\nA-3,Al,07700900123 / 07700900456\n\
                1.23E+15,Al,07700900124\nA-5,#N/A,07700900125\n";
    let reported = rejected(&sam, file).await;
    for ((line, reason), (expected_line, part)) in reported.iter().zip([
        (3, "Excel's scientific notation"),
        (4, "several numbers"),
        (5, "Format the column as text"),
        (6, "spreadsheet error"),
    ]) {
        assert_eq!(*line, expected_line);
        assert!(reason.contains(part), "{line}: {reason}");
    }
    assert_eq!(reported.len(), 4);
}

async fn a_ref_with_invisible_characters_is_the_same_customer(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    sam.import("ref,name,number\nA-1,Jo Li,07700900123\n").await.expect(201);
    let file = "ref,name,number\n\u{feff}A\u{200b}-1,Jo\u{a0}Li\u{200e},07700900123\n";
    let compared = sam.preview(file).await.expect(200);
    let counts = ["added", "changed", "dropped", "unchanged"].map(|word| compared[word].as_i64().unwrap());
    assert_eq!(counts, [0, 0, 0, 1]);
}

async fn ten_thousand_empty_trailing_columns_are_ignored(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let empty = ",".repeat(10_000);
    let file = format!("ref,name,number,Balance{empty}\nA-1,Jo,07700900123,5{empty}\n");
    let imported = sam.import(file).await.expect(201);
    assert_eq!((&imported["columns"], &imported["accepted"]), (&json!(["Balance"]), &json!(1)));
    let file = format!("ref,name,number\nA-1,Jo,07700900123\nA-2,Al,07700900124{empty}x\n");
    let reported = rejected(&sam, &file).await;
    assert!(reported[0].0 == 3 && reported[0].1.contains("more than 1000 values"), "{reported:?}");
}

async fn a_sep_line_sets_the_delimiter(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let file = "sep=|\r\nref|name|number|note\r\nA-1|Jo|07700900123|a;b,c\r\n";
    assert_eq!(import_and_read(&app, &sam, file).await, ["3|+447700900123|A-1|Jo|[\"a;b,c\"]"]);
}

async fn a_file_of_random_bytes_is_accepted_or_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut seed = 7_u64;
    for round in 0..60 {
        let mut file = b"ref,name,number,note\nA-1,Jo,07700900123,x\n".to_vec();
        for _ in 0..200 {
            // Knuth's linear congruential generator: the same bytes in every run, half of the rounds with characters
            // that matter in CSV.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let byte = seed.to_be_bytes()[0];
            file.push(if round % 2 == 0 { byte.max(1) } else { b",\"\n\r;A0\t"[usize::from(byte % 8)] });
        }
        let response = sam.import(file).await;
        assert!([201, 422].contains(&response.status), "{}: {}", response.status, response.body);
    }
    let staged = format!("team_id = {COLLECTIONS} AND state = 'staged'");
    assert_eq!(app.database.count("daily_files", &staged), 0);
}
