//! The graph of `api`'s top-level modules: a node for each, an edge for each use of another.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::path::{Path, PathBuf};

use super::paths::{ModulePath, references};
use crate::sources::Source;

/// The module that all files of [`HTTP_FILES`] belong to.
const ROUTES: &str = "routes";
/// The modules of a slice that know HTTP.
const HTTP_FILES: [&str; 2] = ["routes", "problems"];

/// A use of one top-level module in a file of another.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// Relative to the workspace's root.
    pub(super) file: PathBuf,
    pub(super) line: usize,
    /// The path as the file writes it.
    pub(super) code: String,
}

/// Modules and edges.
pub(super) struct Graph {
    /// Each module with one of its files.
    pub(super) modules: BTreeMap<String, PathBuf>,
    /// The first use of each module in each file.
    pub(super) edges: Vec<Edge>,
}

impl Graph {
    /// Reads the graph from the sources below `api/src`.
    pub(super) fn of(sources: &[Source]) -> Self {
        let files: Vec<_> =
            sources.iter().filter_map(|source| Some((source, module(&source.path)?))).collect();
        let known: BTreeSet<ModulePath> = files.iter().map(|(_, module)| module.clone()).collect();
        let mut modules = BTreeMap::new();
        let mut edges = Vec::new();
        for (source, module) in &files {
            let Some(from) = node(module, &known) else { continue };
            modules.entry(from.clone()).or_insert_with(|| source.path.clone());
            let mut used = HashSet::new();
            for reference in references(&source.text, module, "api", &known) {
                let Some(to) = node(&reference.target, &known) else { continue };
                if to != from && used.insert(to.clone()) {
                    let (file, line, code) = (source.path.clone(), reference.line, reference.code);
                    edges.push(Edge { from: from.clone(), to, file, line, code });
                }
            }
        }
        Self { modules, edges }
    }

    /// Returns the edges of a shortest path from one module to another.
    pub(super) fn path(&self, from: &str, to: &str) -> Option<Vec<&Edge>> {
        let mut reached = HashSet::from([from]);
        let mut queue = VecDeque::from([(from, Vec::new())]);
        while let Some((module, path)) = queue.pop_front() {
            if module == to {
                return Some(path);
            }
            for edge in self.edges.iter().filter(|edge| edge.from == module) {
                if reached.insert(&edge.to) {
                    let longer = path.iter().copied().chain([edge]).collect();
                    queue.push_back((&edge.to, longer));
                }
            }
        }
        None
    }
}

/// The module of a file below `api/src`; none for the crate's roots and for tests.
fn module(file: &Path) -> Option<ModulePath> {
    let inside = file.strip_prefix("api/src").ok()?.with_extension("");
    let mut path: ModulePath = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|name| name == "mod") {
        path.pop();
    }
    let is_root = matches!(path.as_slice(), [name] if name == "lib" || name == "main");
    (!is_root && !path.is_empty() && !path.iter().any(|part| part == "tests")).then_some(path)
}

/// The top-level module that a path leads to; none when it leads to an item of the crate's root.
fn node(path: &[String], known: &BTreeSet<ModulePath>) -> Option<String> {
    let depth = (1..=path.len())
        .take_while(|depth| is_module(path.get(..*depth).unwrap_or_default(), known))
        .last()?;
    let modules = path.get(..depth)?;
    let is_http = modules.iter().any(|name| HTTP_FILES.contains(&name.as_str()));
    if is_http { Some(ROUTES.to_owned()) } else { modules.first().cloned() }
}

/// Whether there is a file for the module, or for one inside it.
fn is_module(path: &[String], known: &BTreeSet<ModulePath>) -> bool {
    known.range(path.to_vec()..).next().is_some_and(|next| next.starts_with(path))
}
