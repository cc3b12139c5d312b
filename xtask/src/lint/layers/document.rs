//! The layers as a diagram in `ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::graph::Graph;
use super::{LAYERS, Layers, Violation, rank};
use crate::sources::Source;

const DOCUMENT: &str = "ARCHITECTURE.md";
const START: &str = "<!-- layers -->";
const END: &str = "<!-- /layers -->";
const RENEW: &str = "UPDATE_DOCS=1 cargo xtask lint --graph";

/// Prints the diagram; with `UPDATE_DOCS=1` writes it into the document instead.
pub(in crate::lint) fn show(root: &Path, sources: &[Source]) -> Result<()> {
    let diagram = diagram(&Graph::of(sources), LAYERS);
    if std::env::var_os("UPDATE_DOCS").is_none() {
        print!("{diagram}");
        return Ok(());
    }
    let file = root.join(DOCUMENT);
    let text = std::fs::read_to_string(&file).with_context(|| format!("reading {DOCUMENT}"))?;
    let Some((before, _, after)) = parts(&text) else {
        bail!("{DOCUMENT} lacks the markers {START} and {END} around the diagram");
    };
    std::fs::write(&file, format!("{before}{START}\n{diagram}{END}{after}"))
        .with_context(|| format!("writing {DOCUMENT}"))
}

/// Checks that the document shows the diagram as it is now.
pub(in crate::lint) fn check(root: &Path, sources: &[Source]) -> Result<Vec<Violation>> {
    let text = std::fs::read_to_string(root.join(DOCUMENT)).with_context(|| format!("reading {DOCUMENT}"))?;
    Ok(fault(&text, &diagram(&Graph::of(sources), LAYERS)).into_iter().collect())
}

fn fault(text: &str, diagram: &str) -> Option<Violation> {
    let violation = |line, rule| Some(Violation::new(Path::new(DOCUMENT), line, rule));
    match parts(text) {
        None => {
            violation(1, format!("the markers {START} and {END} are missing; add them, then run {RENEW}"))
        }
        Some((_, shown, _)) if shown.trim() == diagram.trim() => None,
        Some((before, _, _)) => violation(
            before.lines().count() + 1,
            format!("the diagram of the layers is out of date: run {RENEW}"),
        ),
    }
}

/// The text before, between and after the markers.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(START)?;
    let (between, after) = rest.split_once(END)?;
    Some((before, between, after))
}

/// A Mermaid flowchart: a box for each layer, and the allowed uses without those that a longer path implies.
fn diagram(graph: &Graph, layers: &Layers) -> String {
    let mut text = "```mermaid\nflowchart TB\n".to_owned();
    for (index, names) in layers.iter().enumerate() {
        let _ = writeln!(text, "  subgraph layer{} [\" \"]", index + 1);
        for name in names.iter().filter(|name| graph.modules.contains_key(**name)) {
            let _ = writeln!(text, "    {name}");
        }
        text += "  end\n";
    }
    let uses = downward(graph, layers);
    for (from, used) in &uses {
        for to in used {
            let implied = used.iter().any(|other| other != to && reaches(&uses, *other, *to));
            let name =
                |(layer, place): &Rank| layers.get(*layer).and_then(|names| names.get(*place)).copied();
            if let (false, Some(from), Some(to)) = (implied, name(from), name(to)) {
                let _ = writeln!(text, "  {from} --> {to}");
            }
        }
    }
    text + "```\n"
}

type Rank = (usize, usize);

/// The allowed uses between listed modules, from top to bottom. They have no cycle, since each goes to a greater rank.
fn downward(graph: &Graph, layers: &Layers) -> BTreeMap<Rank, BTreeSet<Rank>> {
    let mut uses: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (rank(layers, &edge.from), rank(layers, &edge.to))
            && from < to
        {
            uses.entry(from).or_default().insert(to);
        }
    }
    uses
}

fn reaches(uses: &BTreeMap<Rank, BTreeSet<Rank>>, from: Rank, to: Rank) -> bool {
    uses.get(&from).is_some_and(|used| used.contains(&to) || used.iter().any(|next| reaches(uses, *next, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diagram_leaves_out_implied_and_upward_uses() {
        let files = [
            ("api/src/outbox.rs", "use crate::{messages, db, clock};"),
            ("api/src/messages/mod.rs", "use crate::db;"),
            ("api/src/db.rs", "use crate::{clock, outbox};"),
            ("api/src/clock.rs", ""),
        ];
        let sources = files.map(|(path, text)| Source { path: path.into(), text: text.to_owned() });
        let layers: &Layers = &[&["outbox"], &["messages"], &["db", "clock"]];
        assert_eq!(
            diagram(&Graph::of(&sources), layers),
            "```mermaid\nflowchart TB\n  subgraph layer1 [\" \"]\n    outbox\n  end\n  subgraph layer2 [\" \"]\n    \
             messages\n  end\n  subgraph layer3 [\" \"]\n    db\n    clock\n  end\n  outbox --> messages\n  \
             messages --> db\n  db --> clock\n```\n"
        );
    }

    #[test]
    fn a_missing_or_outdated_diagram_is_found() {
        let found = |text: &str| fault(text, "```mermaid\n```\n").map(|violation| violation.to_string());
        assert_eq!(found("# Title\n\n<!-- layers -->\n```mermaid\n```\n<!-- /layers -->\n"), None);
        assert_eq!(
            found("# Title\n\n<!-- layers -->\n<!-- /layers -->\n").as_deref(),
            Some(
                "ARCHITECTURE.md:3: the diagram of the layers is out of date: run UPDATE_DOCS=1 cargo xtask lint --graph"
            )
        );
        assert!(found("# Title\n").unwrap().contains("missing"));
    }
}
