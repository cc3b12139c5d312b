//! The handset page and the control paths it uses.

use serde_json::{Value, json};

use crate::support::{CUSTOMER, DESK, Stage};

#[tokio::test]
async fn the_root_redirects_to_a_page_without_external_or_inline_scripts() {
    let stage = Stage::set().await;
    let answer = stage.http.get(stage.simulator.url()).send().await.expect("a response");
    assert_eq!(answer.url().path(), "/handset");
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"));
    let page = answer.text().await.expect("text");
    assert!(page.contains("no real message is sent"));
    assert!(!page.contains("http://") && !page.contains("https://"));
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("<script>"));
}

#[tokio::test]
async fn every_file_of_the_page_is_served_with_its_content_type() {
    let stage = Stage::set().await;
    for (file, content_type) in [
        ("handset.js", "text/javascript; charset=utf-8"),
        ("thread.js", "text/javascript; charset=utf-8"),
        ("catalogue.js", "text/javascript; charset=utf-8"),
        ("faults.js", "text/javascript; charset=utf-8"),
        ("phones.js", "text/javascript; charset=utf-8"),
        ("handset.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let url = format!("{}/{file}", stage.simulator.handset_url());
        let answer = stage.http.get(url).send().await.expect("a response");
        assert_eq!(answer.status(), 200, "{file}");
        assert_eq!(answer.headers()["content-type"], content_type);
    }
    let url = format!("{}/other.js", stage.simulator.handset_url());
    assert_eq!(stage.http.get(url).send().await.expect("a response").status(), 404);
}

#[tokio::test]
async fn a_thread_lists_a_customers_messages_in_order() {
    let stage = Stage::set().await;
    stage.write("one").await;
    stage.text("two").send().await.expect("a response");
    stage.write_json(json!({ "from": "+447700900456", "to": DESK, "body": "another's" })).await;
    let url = stage.control("threads?customer=%2B447700900123");
    let thread: Value = stage.http.get(url).send().await.expect("a response").json().await.expect("JSON");
    let bodies: Vec<_> =
        thread["texts"].as_array().expect("a list").iter().map(|text| &text["body"]).collect();
    assert_eq!(bodies, ["one", "two"]);
}

#[tokio::test]
async fn registered_numbers_have_labels_and_others_come_from_the_ledger() {
    let stage = Stage::set().await;
    stage
        .simulator
        .numbers()
        .set([simulator::DeskNumber { number: "+447700900002".to_owned(), label: "Support".to_owned() }]);
    stage.write("Hello").await;
    let answer = stage.http.get(stage.control("numbers")).send().await.expect("a response");
    let numbers: Value = answer.json().await.expect("JSON");
    assert_eq!(
        numbers,
        json!({
            "numbers": [{ "number": "+447700900002", "label": "Support" }, { "number": DESK, "label": "" }],
            "customers": [CUSTOMER],
        })
    );
}

#[tokio::test]
async fn a_request_with_a_foreign_host_name_is_rejected() {
    let stage = Stage::set().await;
    let ask = async |url: String, host: &str| {
        stage.http.get(url).header("Host", host).send().await.expect("a response").status()
    };
    for url in [stage.simulator.handset_url(), stage.control("ledger")] {
        for host in ["localhost:8081", "127.0.0.1", "[::1]:80"] {
            assert_eq!(ask(url.clone(), host).await, 200, "{host}");
        }
        for host in ["evil.example.com", "localhost.evil.example.com:8081", "192.0.2.1"] {
            assert_eq!(ask(url.clone(), host).await, 421, "{host}");
        }
    }
}

#[test]
fn it_starts_on_loopback_addresses_only() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let listen = listen.parse().expect("an address");
        let settings = simulator::Settings { listen, ..simulator::Settings::default() };
        assert!(simulator::Simulator::start(settings).is_err(), "{listen}");
    }
}
