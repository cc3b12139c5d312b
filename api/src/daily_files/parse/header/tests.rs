//! Names, delimiters and mappings of headers, and the faults for missing columns.

use super::{super::records::MAX_COLUMNS, *};

fn read(text: &str) -> Result<Header, Vec<FileFault>> {
    Header::read(text, &ColumnMapping::default())
}

fn places(text: &str) -> [usize; 3] {
    let header = read(text).unwrap_or_else(|faults| panic!("{text:?}: {faults:?}"));
    [header.reference, header.name, header.number]
}

#[test]
fn columns_are_found_by_their_usual_names() {
    for (text, expected) in [
        ("ref,name,number", [0, 1, 2]),
        ("Number;Name;Ref", [2, 1, 0]),
        ("Customer Ref\tCustomer Name\tMobile", [0, 1, 2]),
        ("ACCOUNT NUMBER,Customer Name,PHONE", [0, 1, 2]),
        ("account_no.,full name,Tel.", [0, 1, 2]),
        ("Balance,Reference,Name,Telephone,Due date", [1, 2, 3]),
        // A mobile number takes precedence over a possible landline, and a reference over an id.
        ("id,ref,name,telephone,mobile", [1, 2, 4]),
        ("\"Ref\",\"Customer; name\",Name,Number", [0, 2, 3]),
        ("\n\n Ref , Name , Number \n1,2,3", [0, 1, 2]),
    ] {
        assert_eq!(places(text), expected, "{text:?}");
    }
    assert_eq!(read("\nref;name;number\n").unwrap().delimiter, b';');
    assert_eq!(read("\n\nref;name;number\n").unwrap().line, 3);
}

#[test]
fn all_other_columns_are_key_data_in_file_order() {
    let header = read("Due date,ref,Balance,name,,number,balance").unwrap();
    assert_eq!(header.key_data(), ["Due date", "Balance", "Column 5", "balance (2)"]);
    let header = read("ref,name,number,\u{200b}Due\u{a0} date,,  ,\n1,2,3").unwrap();
    assert_eq!(header.key_data(), ["Due date"], "columns without a name at the end are left out");
    assert_eq!(read(&format!("ref,name,number{}", ",".repeat(10_000))).unwrap().names.len(), 3);
}

#[test]
fn a_sep_line_names_the_delimiter() {
    for (text, delimiter) in [
        ("sep=;\nref;name;number;a,b\n", b';'),
        ("SEP=|\nref|name|number\n", b'|'),
        ("\n\"sep=,\"\nref,name,number\n", b','),
        ("sep=\t\nref\tname\tnumber\n", b'\t'),
        // A wrong delimiter is ignored.
        ("sep=;\nref,name,number\n", b','),
    ] {
        let header = read(text).unwrap_or_else(|faults| panic!("{text:?}: {faults:?}"));
        assert_eq!((header.delimiter, header.place(RequiredColumn::Number)), (delimiter, 2), "{text:?}");
        assert_eq!(header.line, if text.starts_with('\n') { 3 } else { 2 }, "{text:?}");
    }
    assert_eq!(read("sep=;\n").unwrap_err()[0].kind, FaultKind::Empty);
}

#[test]
fn a_header_with_a_broken_quote_is_refused() {
    for text in ["ref,\"name\"x,number\n1,2,3", "ref,\"name,number\nA-1,\"Al\",0791"] {
        let faults = read(text).unwrap_err();
        assert_eq!(faults, [FileFault::new(1, FaultKind::BrokenHeader)], "{text:?}");
    }
    let wide = format!("ref,name,number{}x", ",".repeat(MAX_COLUMNS));
    assert_eq!(read(&wide).unwrap_err()[0].kind, FaultKind::TooManyColumns);
}

#[test]
fn a_mapping_takes_precedence_over_the_usual_names() {
    let mapping =
        ColumnMapping { reference: Some("policy".into()), name: None, number: Some("Second Phone".into()) };
    let header = Header::read("ref;POLICY;name;number;second phone", &mapping).unwrap();
    assert_eq!([header.reference, header.name, header.number], [1, 2, 4]);
    assert_eq!(header.key_data(), ["ref", "number"]);
    let faults = Header::read("ref,name,number", &mapping).unwrap_err();
    let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let columns = "The columns are: ref, name, number.";
    let used = "which the team's column mapping uses for";
    assert_eq!(
        texts,
        [
            format!("Line 1: There is no column policy, {used} the customer reference number. {columns}"),
            format!("Line 1: There is no column Second Phone, {used} the phone number. {columns}"),
        ]
    );
}

#[test]
fn a_missing_column_is_reported_with_the_existing_columns() {
    let faults = read("\nref;full;balance\n1;2;3").unwrap_err();
    let columns: Vec<String> = ["ref", "full", "balance"].map(str::to_owned).to_vec();
    let missing =
        |required| FileFault::new(2, FaultKind::MissingColumn { required, columns: columns.clone() });
    assert_eq!(faults, [missing(RequiredColumn::Name), missing(RequiredColumn::Number)]);
    assert!(faults[1].to_string().contains("The columns are: ref, full, balance."), "{}", faults[1]);
    assert_eq!(read("").unwrap_err()[0].kind, FaultKind::Empty);
    assert_eq!(read("\n\n").unwrap_err()[0].kind, FaultKind::Empty);
    assert_eq!(read("<html><body>").unwrap_err().len(), 3);
    assert_eq!(
        read("ref,Ref,name,number").unwrap_err()[0].kind,
        FaultKind::AmbiguousColumn { name: "ref".into() }
    );
}

#[test]
fn a_header_ends_at_the_first_line_end_outside_quotes() {
    for (text, whole) in [
        ("a,b\n", true),
        ("\n\n", false),
        ("a,\"b\n", false),
        ("a,\"b\n\"\n", true),
        ("a", false),
        ("sep=;\n", false),
        ("\nsep=;\na", false),
        ("sep=;\na\n", true),
        ("sep=;;\n", true),
    ] {
        assert_eq!(HeaderScanner::default().is_complete(text.as_bytes()), whole, "{text:?}");
        let mut first = HeaderScanner::default();
        let is_complete = (1..=text.len()).any(|end| first.is_complete(&text.as_bytes()[..end]));
        assert_eq!(is_complete, whole, "{text:?} byte by byte");
    }
}
