//! The alerts, the dashboard and the table of metrics in docs/operations.md, compared with the server's metrics.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::{documents, read, texts};
use crate::support::{
    Client, Kind,
    command::{ServerProcess, sms_chat},
    database::TestDatabase,
};

/// Returns the metrics of a server that has just started.
fn metrics() -> String {
    let database = TestDatabase::empty(Kind::Sqlite);
    let server = ServerProcess::start(sms_chat(&database.url, &["serve"]));
    let client = Client::of(&server.url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        client.get("//health/live").await;
        client.get("//metrics").await.body
    })
}

/// Returns the names of metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"sms_chat_[a-z_]+").unwrap();
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// Returns the expressions of all alerts.
fn alerts() -> Vec<(String, String)> {
    let file = documents("deploy/monitoring/alerts.yml").remove(0);
    let rules =
        file["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    let text = |rule: &Value, name: &str| rule[name].as_str().unwrap().to_owned();
    rules.map(|rule| (text(rule, "alert"), text(rule, "expr"))).collect()
}

/// Returns the expressions of all panels of the dashboard.
fn panels() -> Vec<String> {
    let file: Value = serde_json::from_str(&read("deploy/monitoring/grafana-dashboard.json")).unwrap();
    let targets =
        file["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_metric_and_label_of_the_alerts_and_the_dashboard_exists() {
    let metrics = metrics();
    let samples: String =
        metrics.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let existing = names(&samples);
    let label = Regex::new(r#"(outcome|kind|reason)=~?"([a-z_|]+)""#).unwrap();
    let expressions: Vec<String> =
        alerts().into_iter().map(|(_, expression)| expression).chain(panels()).collect();
    let mut used = 0;
    for expression in &expressions {
        for name in names(expression) {
            used += 1;
            assert!(existing.contains(&name), "{name} in {expression}\n{metrics}");
        }
        for labels in label.captures_iter(expression) {
            for value in labels[2].split('|') {
                let sample = format!("{}=\"{value}\"", &labels[1]);
                assert!(samples.contains(&sample), "{sample} in {expression}");
            }
        }
    }
    assert!(used > 25, "{used} uses");
}

#[test]
fn the_document_describes_every_alert_and_every_metric() {
    let operations = read("docs/operations.md");
    for (alert, _) in alerts() {
        assert!(operations.contains(&format!("`{alert}`")), "docs/operations.md describes {alert}");
    }
    let metrics = metrics();
    let described: BTreeSet<String> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .map(str::to_owned)
        .collect();
    assert!(described.len() >= 12, "{described:?}");
    for metric in &described {
        assert!(operations.contains(&format!("`{metric}")), "docs/operations.md describes {metric}");
        assert!(metrics.contains(&format!("# HELP {metric} ")), "{metric} has a description");
    }
    let documented = names(&operations);
    assert!(documented.is_subset(&described), "{:?}", documented.difference(&described));
}

#[test]
fn prometheus_loads_the_alerts_and_scrapes_the_servers_of_the_compose_file() {
    let prometheus = documents("deploy/monitoring/prometheus.yml").remove(0);
    assert_eq!(texts(&prometheus["rule_files"]), ["alerts.yml"]);
    let job = &prometheus["scrape_configs"][0];
    assert_eq!(job["job_name"], "sms-chat", "the alerts name this job");
    let services = documents("docker-compose.yml").remove(0)["services"].clone();
    for target in texts(&job["static_configs"][0]["targets"]) {
        assert!(services[target.split(':').next().unwrap()].is_object(), "{target}");
    }
}
