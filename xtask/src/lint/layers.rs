//! The layers of `api`: which of its top-level modules may use which others.
//!
//! Every `routes.rs`, every `problems.rs` and every file in a folder `routes/` counts as part of one module, `routes`.
//! Tests do not count.

mod document;
mod graph;
mod paths;
mod tokens;

use std::path::Path;

use super::Violation;
use crate::sources::Source;
pub(super) use document::{check as check_document, show};
use graph::{Edge, Graph};

/// A module may use those in the layers below it, and those listed after it in its own layer.
type Layers = [&'static [&'static str]];

/// From top to bottom.
const LAYERS: &Layers = &[
    &["commands", "doctor", "app", "demo"],
    &["router", "openapi"],
    &["routes", "health", "webhooks", "assets"],
    &["state"],
    &["middleware", "body"],
    &["retention", "gap_repair", "campaigns", "exports", "outbox", "daily_files", "search"],
    &["conversations"],
    &["rejected_messages", "consents", "templates", "closures", "tags", "customers", "catalogue"],
    &["teams", "accounts", "api_keys"],
    &["idempotency", "messages"],
    &["auth"],
    &["events"],
    &["gateway", "numbers"],
    &["error", "fields", "paging", "row_stream"],
    &["config"],
    &["db"],
    &["clock", "loopback", "machine", "request_id"],
];

/// Returns every use of a higher module, every unlisted module, and every listed one that does not exist.
pub(super) fn check(sources: &[Source]) -> Vec<Violation> {
    faults(&Graph::of(sources), LAYERS)
}

fn faults(graph: &Graph, layers: &Layers) -> Vec<Violation> {
    let table = "xtask/src/lint/layers.rs";
    let unlisted = graph.modules.iter().filter(|(name, _)| rank(layers, name).is_none());
    let unlisted = unlisted.map(|(name, file)| {
        Violation::new(file, 1, format!("the module `{name}` is in no layer: list it in {table}"))
    });
    let missing = layers.iter().copied().flatten().filter(|name| !graph.modules.contains_key(**name));
    let missing = missing.map(|name| {
        Violation::new(
            Path::new(table),
            1,
            format!("the layers list `{name}`, which api/src does not contain"),
        )
    });
    let upward = graph.edges.iter().filter_map(|edge| upward(graph, layers, edge));
    unlisted.chain(missing).chain(upward).collect()
}

fn upward(graph: &Graph, layers: &Layers, edge: &Edge) -> Option<Violation> {
    let from = rank(layers, &edge.from)?;
    let place = match rank(layers, &edge.to) {
        Some(to) if from < to => return None,
        Some(to) if from.0 == to.0 => "which comes before it in the same layer",
        Some(_) => "which is in a higher layer",
        None => "which is in no layer",
    };
    let mut rule = format!("`{}` must not use `{}`, {place}: {}", edge.from, edge.to, edge.code);
    let path = graph.path(&edge.to, &edge.from).unwrap_or_default();
    if let Some(back) = path.first() {
        let names = path.iter().map(|edge| edge.to.as_str());
        let names: Vec<_> = [edge.from.as_str(), edge.to.as_str()].into_iter().chain(names).collect();
        let (file, cycle) = (back.file.display(), names.join(" -> "));
        rule +=
            &format!("\n    a cycle, {cycle}; the way back starts at {file}:{}: {}", back.line, back.code);
    }
    Some(Violation::new(&edge.file, edge.line, rule))
}

/// The module's layer and its place in it; a smaller rank may use a greater one.
fn rank(layers: &Layers, name: &str) -> Option<(usize, usize)> {
    layers.iter().enumerate().find_map(|(layer, names)| {
        let place = names.iter().position(|listed| *listed == name)?;
        Some((layer, place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &Layers = &[&["routes"], &["outbox", "messages"], &["db"]];

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let complete = ["outbox.rs", "messages/mod.rs", "messages/routes.rs", "db.rs"];
        let given = |path: &str| files.iter().find(|(name, _)| *name == path).map_or("", |(_, text)| text);
        let others = files.iter().map(|(path, _)| *path).filter(|path| !complete.contains(path));
        let sources: Vec<Source> = complete
            .into_iter()
            .chain(others)
            .map(|path| Source { path: Path::new("api/src").join(path), text: given(path).to_owned() })
            .collect();
        faults(&Graph::of(&sources), TABLE).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lower_and_later_modules_may_be_used() {
        let files = [
            ("messages/routes.rs", "use super::send; use crate::{outbox, db::Db};"),
            ("outbox.rs", "use crate::messages::Message;"),
            ("messages/problems.rs", "use crate::outbox;"),
            ("messages/mod.rs", "use crate::db;"),
            ("lib.rs", "pub mod router; use crate::outbox;"),
            ("db.rs", "#[cfg(test)]\nmod tests { use crate::outbox; }"),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn a_use_of_a_higher_module_is_found_with_its_line() {
        assert_eq!(
            found(&[("db.rs", "\nuse crate::{messages, db};")]),
            [
                "api/src/db.rs:2: `db` must not use `messages`, which is in a higher layer: use crate::messages"
            ]
        );
        assert_eq!(
            found(&[("messages/mod.rs", "fn f() { crate::outbox::wake() }")]),
            [
                "api/src/messages/mod.rs:1: `messages` must not use `outbox`, which comes before it in the same layer: \
              crate::outbox::wake"
            ]
        );
        assert_eq!(
            found(&[("messages/mod.rs", "pub mod routes;\nuse routes::list;")]),
            ["api/src/messages/mod.rs:2: `messages` must not use `routes`, which is in a higher layer: \
              use routes::list"]
        );
    }

    #[test]
    fn a_cycle_names_both_lines() {
        let files = [
            ("db.rs", "use crate::outbox;"),
            ("outbox.rs", "\n\nuse crate::messages;"),
            ("messages/mod.rs", "\nuse crate::db::Db;"),
        ];
        assert_eq!(
            found(&files),
            [
                "api/src/db.rs:1: `db` must not use `outbox`, which is in a higher layer: use crate::outbox\n    \
              a cycle, db -> outbox -> messages -> db; the way back starts at api/src/outbox.rs:3: use crate::messages"
            ]
        );
    }

    #[test]
    fn unlisted_and_missing_modules_are_found() {
        let files = [("search/mod.rs", "use crate::db;"), ("outbox.rs", "use crate::search;")];
        assert_eq!(
            found(&files),
            [
                "api/src/search/mod.rs:1: the module `search` is in no layer: list it in xtask/src/lint/layers.rs",
                "api/src/outbox.rs:1: `outbox` must not use `search`, which is in no layer: use crate::search",
            ]
        );
        let sources = [Source { path: "api/src/db.rs".into(), text: String::new() }];
        let missing = faults(&Graph::of(&sources), &[&["messages"], &["db"]]);
        assert_eq!(
            missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["xtask/src/lint/layers.rs:1: the layers list `messages`, which api/src does not contain"]
        );
    }
}
