//! Checks that `docs/gateway-faults.md` names every fault of the simulator and every fault test.

use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../../docs/gateway-faults.md");

/// Returns the names between backquotes in a column of the first table.
fn named(column: usize) -> Vec<String> {
    let is_row = |line: &&str| line.starts_with('|');
    let table = DOCUMENT.lines().skip_while(|line| !is_row(line)).take_while(is_row);
    let rows = table.filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| row.split('|').nth(column).expect("the column"));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

#[test]
fn every_row_has_a_test_and_every_test_a_row() {
    let source = concat!(include_str!("faults.rs"), include_str!("reconciliation.rs"));
    let tests = source.split("async fn ").skip(1).filter_map(|rest| rest.split_once("(app: TestApp)"));
    let tests: Vec<String> =
        tests.map(|(name, _)| name.to_owned()).filter(|name| !name.contains('(')).collect();
    assert_eq!(named(5), tests, "in the same order");
}

#[test]
fn every_fault_of_the_simulator_is_in_the_table() {
    let source = include_str!("../../../../simulator/src/faults/tests.rs");
    let words = |name: &str| -> BTreeSet<String> {
        let pattern = format!("\"{name}\": \"");
        source.split(&pattern).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
    };
    let unknown = ["gremlins", "sideways"].map(str::to_owned);
    let known: BTreeSet<String> = words("fault").into_iter().chain(words("mode")).collect();
    let documented: BTreeSet<String> = named(2).into_iter().collect();
    let undocumented: Vec<&String> =
        known.difference(&documented).filter(|word| !unknown.contains(word)).collect();
    assert!(undocumented.is_empty(), "{undocumented:?}");
}
