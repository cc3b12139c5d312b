//! The manifests in `deploy/kubernetes`.

use serde_json::Value;

use super::{assert_settings, documents, read};
use crate::support::{
    Client, Kind,
    command::{ServerProcess, sms_chat},
    database::TestDatabase,
};

const FILE: &str = "deploy/kubernetes/sms-chat.yaml";

fn of_kind(kind: &str) -> Value {
    documents(FILE).into_iter().find(|document| document["kind"] == kind).unwrap()
}

fn container() -> Value {
    of_kind("Deployment")["spec"]["template"]["spec"]["containers"][0].clone()
}

#[test]
fn the_manifests_refer_to_each_other() {
    let deployment = of_kind("Deployment");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"], labels);
    let service = of_kind("Service");
    assert_eq!(&service["spec"]["selector"], labels);
    let container = container();
    let port = &service["spec"]["ports"][0];
    assert_eq!(port["targetPort"], container["ports"][0]["name"]);
    let backend = &of_kind("Ingress")["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"];
    assert_eq!((&backend["name"], &backend["port"]["name"]), (&service["metadata"]["name"], &port["name"]));
    let port = container["ports"][0]["containerPort"].to_string();
    assert_eq!(deployment["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"], port);
    let volumes = deployment["spec"]["template"]["spec"]["volumes"].as_array().unwrap();
    for mount in container["volumeMounts"].as_array().unwrap() {
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
    }
}

#[test]
fn the_environment_contains_settings_and_the_files_of_the_secret() {
    let container = container();
    let environment = container["env"].as_array().unwrap();
    assert_settings(environment.iter().map(|variable| variable["name"].as_str().unwrap()));
    let mount = container["volumeMounts"][0]["mountPath"].as_str().unwrap();
    let mut files = 0;
    for variable in environment.iter().filter(|one| one["name"].as_str().unwrap().ends_with("_FILE")) {
        let file = variable["value"].as_str().unwrap();
        let key = file.strip_prefix(mount).unwrap_or_else(|| panic!("{file}")).trim_start_matches('/');
        assert!(read(FILE).contains(&format!("--from-literal={key}=")), "{key} is created");
        files += 1;
    }
    assert_eq!(files, 4);
}

#[test]
fn the_metrics_that_the_ingress_publishes_require_a_token() {
    let deployment = of_kind("Deployment");
    let annotations = &deployment["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(of_kind("Ingress")["spec"]["rules"][0]["http"]["paths"][0]["path"], "/");
    let container = container();
    let variables = container["env"].as_array().unwrap();
    let token = variables.iter().find(|one| one["name"] == "SMS_CHAT_METRICS_TOKEN_FILE").expect("a token");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "0123456789abcdef\n").unwrap();
    let database = TestDatabase::empty(Kind::Sqlite);
    let mut command = sms_chat(&database.url, &["serve"]);
    command.env(token["name"].as_str().unwrap(), file.path());
    let server = ServerProcess::start(command);
    let client = Client::of(&server.url);
    let path = format!("/{}", annotations["prometheus.io/path"].as_str().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(client.get(&path)).status, 401);
    assert_eq!(runtime.block_on(client.with_token("0123456789abcdef").get(&path)).status, 200);
}

#[test]
fn a_server_answers_the_probes_and_stops_within_the_grace_period() {
    let database = TestDatabase::empty(Kind::Sqlite);
    let server = ServerProcess::start(sms_chat(&database.url, &["serve"]));
    let client = Client::of(&server.url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let container = container();
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let request = &container[probe]["httpGet"];
        assert_eq!(request["port"], container["ports"][0]["name"]);
        let probed = request["path"].as_str().unwrap();
        assert_eq!(runtime.block_on(client.get(&format!("/{probed}"))).status, 200, "{probed}");
    }
    let pod = &of_kind("Deployment")["spec"]["template"]["spec"];
    let stop = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_i64().unwrap();
    // The server finishes requests for 20 s.
    assert!(pod["terminationGracePeriodSeconds"].as_i64().unwrap() > stop + 20);
}
