//! The files with which operators run the server: `Dockerfile`, `docker-compose.yml` and `deploy/`. What they name must
//! exist, and the real program must run with the settings that they contain.

mod compose;
mod kubernetes;
mod monitoring;
mod systemd_unit;

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

/// Returns the path of a file of the project.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Parses a YAML file of one or more documents.
fn documents(name: &str) -> Vec<Value> {
    let parsed = YamlLoader::load_from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    parsed.iter().map(json).collect()
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Hash(hash) => hash
            .iter()
            .map(|(key, value)| (key.as_str().expect("a text as key").to_owned(), json(value)))
            .collect(),
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::String(text) => Value::from(text.as_str()),
        Yaml::Integer(number) => Value::from(*number),
        Yaml::Boolean(flag) => Value::from(*flag),
        Yaml::Real(number) => Value::from(number.as_str()),
        Yaml::Null => Value::Null,
        Yaml::Alias(_) | Yaml::BadValue => panic!("an alias without an anchor"),
    }
}

/// Returns the names of all settings.
fn settings() -> BTreeSet<String> {
    let document = api::config::document();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[track_caller]
fn assert_settings<'a>(names: impl IntoIterator<Item = &'a str>) {
    let settings = settings();
    for name in names {
        assert!(settings.contains(name), "{name} is not a setting");
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().expect("a text")).collect()
}

fn keys(map: &Value) -> Vec<&str> {
    map.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}
