//! `Dockerfile`, `docker-compose.yml` and `deploy/compose/`.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use ipnet::IpNet;
use serde_json::Value;

use super::{assert_settings, documents, keys, path, read, settings, texts};
use crate::support::{
    Client, Kind,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
};

const SERVERS: [&str; 2] = ["server-1", "server-2"];

fn compose() -> Value {
    documents("docker-compose.yml").remove(0)
}

/// Replaces `${NAME:-default}` by the default.
fn with_default(value: &str) -> &str {
    value
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .map_or(value, |variable| variable.split_once(":-").expect("a variable with a default").1)
}

#[test]
fn what_the_services_name_is_defined() {
    let compose = compose();
    let services = &compose["services"];
    for (name, service) in services.as_object().unwrap() {
        for other in keys(&service["depends_on"]) {
            let has_health_check = SERVERS.contains(&other) || services[other]["healthcheck"].is_object();
            assert!(has_health_check, "{name} waits for {other}");
        }
        for secret in texts(&service["secrets"]) {
            assert!(compose["secrets"][secret]["file"].is_string(), "{name}: {secret}");
        }
        for volume in texts(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            if let Some(file) = source.strip_prefix("./") {
                assert!(path(file).exists(), "{name}: {file}");
            } else if !source.starts_with('/') {
                assert!(keys(&compose["volumes"]).contains(&source), "{name}: {source}");
            }
        }
        let networks = &service["networks"];
        for network in texts(if networks.is_array() { networks } else { &Value::Null }) {
            assert!(keys(&compose["networks"]).contains(&network), "{name}: {network}");
        }
    }
}

#[test]
fn the_servers_trust_only_the_address_of_the_proxy() {
    let compose = compose();
    let proxy = compose["services"]["proxy"]["networks"]["internal"]["ipv4_address"].as_str().unwrap();
    let subnet = compose["networks"]["internal"]["ipam"]["config"][0]["subnet"].as_str().unwrap();
    assert!(subnet.parse::<IpNet>().unwrap().contains(&proxy.parse::<std::net::IpAddr>().unwrap()));
    let caddyfile = read("deploy/compose/Caddyfile");
    let upstreams = caddyfile.lines().find_map(|line| line.trim().strip_prefix("reverse_proxy ")).unwrap();
    for server in SERVERS {
        let environment = &compose["services"][server]["environment"];
        assert_eq!(environment["SMS_CHAT_TRUSTED_PROXIES"], proxy);
        assert_settings(keys(environment));
        let listen = environment["SMS_CHAT_LISTEN"].as_str().unwrap();
        let port = listen.rsplit(':').next().unwrap();
        assert!(
            upstreams.split_whitespace().any(|upstream| upstream == format!("{server}:{port}")),
            "{upstreams}"
        );
        // With a read-only root file system, only the folder of the image's volume is writable.
        assert_eq!(compose["services"][server]["read_only"], true);
        assert_eq!(texts(&compose["services"][server]["volumes"]), ["/var/lib/sms-chat"]);
    }
}

#[test]
fn the_servers_get_every_setting_of_the_env_file() {
    let compose = compose();
    let environment = keys(&compose["services"]["server-1"]["environment"]);
    for setting in settings().iter().filter(|name| !name.ends_with("_FILE")) {
        let is_in_a_file = environment.contains(&format!("{setting}_FILE").as_str());
        assert!(is_in_a_file || environment.contains(&setting.as_str()), "{setting} is ignored");
    }
}

#[test]
fn the_image_runs_as_a_fixed_user_and_checks_its_health_with_the_program() {
    let dockerfile = read("Dockerfile");
    let image = dockerfile.rsplit("\nFROM ").next().unwrap();
    let line = |instruction: &str| {
        let mut lines = image.lines().filter_map(|line| line.trim().strip_prefix(instruction));
        lines.next().unwrap_or_else(|| panic!("{instruction} in {image}")).trim()
    };
    assert_eq!(line("USER"), "65532:65532");
    assert!(line("COPY --from=build --chown=").starts_with("65532:65532 "));
    let check = line("HEALTHCHECK");
    assert!(check.ends_with(r#"CMD ["sms-chat", "health"]"#), "{check}");
    assert!(!image.contains("curl") && !image.contains("RUN "), "the image has no shell");
    assert_settings(image.lines().filter_map(|line| {
        let name = line.trim().trim_start_matches("ENV ").split_once('=')?.0;
        name.starts_with("SMS_CHAT_").then_some(name)
    }));
}

#[test]
fn the_server_runs_with_the_settings_and_secrets_of_the_compose_file() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("make-secrets");
    fs::copy(path("deploy/compose/make-secrets"), &script).unwrap();
    let secrets = folder.path().join("secrets");
    let make = || assert!(Command::new(&script).status().unwrap().success());
    make();
    assert_eq!(fs::metadata(&secrets).unwrap().permissions().mode() & 0o777, 0o700);
    let secret = |name: &str| fs::read_to_string(secrets.join(name)).unwrap();
    let made = ["database_url", "jwt_secret", "postgres_password"].map(secret);
    assert!(made[0].contains(made[2].trim()), "the URL has the password");
    make();
    assert_eq!(["database_url", "jwt_secret", "postgres_password"].map(secret), made, "secrets are kept");

    let compose = compose();
    let declared = texts(&compose["services"]["server-1"]["secrets"]);
    assert!(declared.iter().all(|name| secrets.join(name).exists()), "{declared:?}");
    let database = TestDatabase::empty(Kind::Postgres);
    fs::write(secrets.join("database_url"), &database.url).unwrap();
    let mut command = sms_chat("", &["serve"]);
    command.env_remove("SMS_CHAT_JWT_SECRET");
    for (name, value) in compose["services"]["server-1"]["environment"].as_object().unwrap() {
        match value.as_str().map(with_default) {
            // `--listen` names a free port instead.
            Some(_) if name == "SMS_CHAT_LISTEN" => {}
            Some(value) => {
                command.env(name, value.replace("/run/secrets", secrets.to_str().unwrap()));
            }
            // Compose passes a variable that is not set on as an empty one.
            None => {
                command.env(name, "");
            }
        }
    }
    let server = ServerProcess::start(command);
    let health = sms_chat("", &["health", "--listen", server.url.trim_start_matches("http://")]);
    assert_eq!(run_command(health, "").code, 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let caddyfile = read("deploy/compose/Caddyfile");
    let health_uri = caddyfile.lines().find_map(|line| line.trim().strip_prefix("health_uri ")).unwrap();
    let response = runtime.block_on(Client::of(&server.url).get(&format!("/{health_uri}")));
    assert_eq!(response.status, 200, "{health_uri}");
}
