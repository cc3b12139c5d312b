//! Well-formed rows, and rows with broken quotes.

use proptest::prelude::*;

use super::*;

type Rows = Vec<(u64, Option<Malformed>, Vec<String>)>;

fn read_with(mut records: Records, text: &str, piece: usize) -> Result<Rows, FileFault> {
    let mut rows = Rows::new();
    let mut each = |record: Record<'_>| {
        rows.push((record.line, record.malformed, record.values().map(str::to_owned).collect()));
        Ok(Next::Row)
    };
    for piece in text.as_bytes().chunks(piece) {
        records.push(piece, &mut each)?;
    }
    records.finish(&mut each)?;
    Ok(rows)
}

fn read(text: &str, delimiter: u8, piece: usize) -> Result<Rows, FileFault> {
    read_with(Records::separated_by(delimiter), text, piece)
}

/// Returns each row below a header of ref, name, number and note, as its line and its fault or values.
fn strict(text: &str, piece: usize) -> Vec<String> {
    let records = Records::separated_by(b',').strict_in([0, 1, 2], 1);
    let rows = read_with(records, text, piece).unwrap();
    let shown = |(line, malformed, values): (u64, Option<Malformed>, Vec<String>)| match malformed {
        Some(malformed) => format!("{line} {malformed:?}"),
        None => format!("{line} {}", values.join("|")),
    };
    rows.into_iter().map(shown).collect()
}

#[test]
fn each_row_has_the_line_on_which_it_begins() {
    let text = "a,b\n\n\"1\n2\",\"x \"\"y\"\"\" \n\n3,4\n5,";
    for piece in 1..12 {
        let row = |line, values: [&str; 2]| (line, None, values.map(str::to_owned).to_vec());
        assert_eq!(
            read(text, b',', piece).unwrap(),
            [row(1, ["a", "b"]), row(3, ["1\n2", "x \"y\""]), row(6, ["3", "4"]), row(7, ["5", ""])]
        );
    }
}

#[test]
fn a_broken_quote_ends_at_its_line_and_hides_no_row() {
    for (text, expected) in [
        // The next quote closes it.
        (
            "h\nA-1,\"Al,0791,\nA-2,\"Bo\",0792,\nA-3,Cy,0793,\n",
            &["1 h", "2 LineBreak(1)", "3 A-2|Bo|0792|", "4 A-3|Cy|0793|"][..],
        ),
        (
            "h\nA-1,Al,0791,\"note\nA-2,Bo,0792,\"x\"\nA-3,Cy,0793,",
            &["1 h", "2 TextAfterQuote", "3 A-2|Bo|0792|x", "4 A-3|Cy|0793|"],
        ),
        // No quote closes it.
        (
            "h\nA-1,Al,0791,\"note\nA-2,Bo,0792,\"\"\nA-3,Cy,0793,",
            &["1 h", "2 OpenQuote", "3 A-2|Bo|0792|", "4 A-3|Cy|0793|"],
        ),
        // Quotes inside a line.
        ("h\nA-1,\"Al\" B,0791,\nA-2,Bo,0792,\n", &["1 h", "2 TextAfterQuote", "3 A-2|Bo|0792|"]),
        ("h\nA-1,\"Al\"\" B,0791,\nA-2,Bo\",0792,", &["1 h", "2 LineBreak(1)", "3 StrayQuote(1)"]),
        ("h\nA-1,Al \"the Cat\" B,=\"0791\",6\"\n", &["1 h", "2 A-1|Al \"the Cat\" B|=\"0791\"|6\""]),
        // Key data may contain line breaks, and quotes in pairs.
        (
            "h\nA-1,Al,0791,\"one\ntwo, \"\"x\"\"\"\nA-2,Bo,0792,\n",
            &["1 h", "2 A-1|Al|0791|one\ntwo, \"x\"", "4 A-2|Bo|0792|"],
        ),
        // A name over two lines: neither line is a valid customer.
        ("h\nA-1,\"Al\nSmith\",0791,\n", &["1 h", "2 LineBreak(1)", "3 StrayQuote(0)"]),
        // Names in the header may have line breaks.
        ("\"a\nb\",c\nA-1,Al", &["1 a\nb|c", "3 A-1|Al"]),
    ] {
        for piece in 1..9 {
            assert_eq!(strict(text, piece), expected, "{text:?} in pieces of {piece}");
        }
    }
}

#[test]
fn the_further_lines_of_a_row_are_read_as_rows_on_request() {
    let text = "a,\"1\n2,3\n4\"\n5,6\n";
    for piece in 1..9 {
        let mut found = Vec::new();
        let mut each = |record: Record<'_>| {
            found.push((record.line, record.values().collect::<Vec<_>>().join("|")));
            Ok::<_, FileFault>(if record.line == 1 { Next::SecondLine } else { Next::Row })
        };
        let mut records = Records::separated_by(b',');
        text.as_bytes().chunks(piece).for_each(|piece| records.push(piece, &mut each).unwrap());
        records.finish(&mut each).unwrap();
        let row = |line, text: &str| (line, text.to_owned());
        assert_eq!(found, [row(1, "a|1\n2,3\n4"), row(2, "2|3"), row(3, "4\""), row(4, "5|6")]);
    }
}

#[test]
fn a_text_that_ends_within_quotes_or_never_ends_a_row_is_refused() {
    for text in ["a\n1,\"2", "a\n\"", "a\n\"x\"\""] {
        let fault = read(text, b',', 3).unwrap_err();
        assert_eq!((fault.line, fault.kind), (2, FaultKind::OpenQuote), "{text:?}");
    }
    for long in [
        "x".repeat(2 * MAX_ROW_BYTES),
        format!("\"{}", "x".repeat(2 * MAX_ROW_BYTES)),
        ",".repeat(2 * MAX_ROW_BYTES),
    ] {
        let text = format!("a\n{long}");
        assert_eq!(read(&text, b',', 65_536).unwrap_err().kind, FaultKind::RowTooLong);
    }
}

#[test]
fn an_open_quote_spans_one_mebibyte_at_most() {
    let lines = "x,y\n".repeat(MAX_ROW_BYTES / 2);
    let rows = read(&format!("a,\"b\n{lines}"), b',', 65_536).unwrap();
    assert_eq!(rows[0].1, Some(Malformed::OpenQuote));
    assert_eq!((rows.len(), rows[1].0), (MAX_ROW_BYTES / 2 + 1, 2));
}

#[test]
fn reading_lines_again_is_limited() {
    let text = format!("a\n{}", "x\",\"y\n".repeat(20_000));
    let mut records = Records::separated_by(b',');
    let mut each = |record: Record<'_>| match record.malformed {
        Some(_) => Ok::<_, FileFault>(Next::SecondLine),
        None => Ok(Next::Row),
    };
    let outcome = records.push(text.as_bytes(), &mut each).and_then(|()| records.finish(&mut each));
    assert!(outcome.is_ok() || outcome.is_err_and(|fault| fault.kind == FaultKind::TooManyOpenQuotes));
    assert!(records.reread <= MAX_REREAD_BYTES + MAX_ROW_BYTES);
}

#[test]
fn empty_values_at_the_end_of_a_row_do_not_count() {
    let values = |text: &str| {
        let (_, malformed, values) = read(text, b',', 65_536).unwrap().remove(0);
        (malformed, values.len())
    };
    assert_eq!(values(&",".repeat(10_000)), (None, MAX_COLUMNS));
    assert_eq!(values(&format!("{}x", ",".repeat(MAX_COLUMNS - 1))), (None, MAX_COLUMNS));
    assert_eq!(
        values(&format!("{}x", ",".repeat(MAX_COLUMNS))),
        (Some(Malformed::TooManyColumns), MAX_COLUMNS)
    );
}

proptest! {
    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        rows in proptest::collection::vec(proptest::collection::vec("[a-z,;\"\n é]{0,5}", 2..5), 1..8),
        piece in 1..9_usize,
    ) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let read: Vec<Vec<String>> =
            read(&text, b',', piece).unwrap().into_iter().map(|(_, _, values)| values).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn no_row_below_a_broken_quote_is_lost(
        before in 0..4_usize, broken in "[a-z]{0,3}\"[a-z,\"]{0,6}", after in 1..4_usize, piece in 1..9_usize,
    ) {
        let good = |n: usize| format!("A-{n},Al,0791{n},\n");
        let text = format!(
            "h\n{}A-X,{broken}\n{}",
            (0..before).map(good).collect::<String>(),
            (10..10 + after).map(good).collect::<String>()
        );
        let rows = strict(&text, piece);
        for (n, line) in (0..before).zip(2..).chain((10..10 + after).zip(before + 3..)) {
            let expected = format!("{line} A-{n}|Al|0791{n}|");
            prop_assert!(rows.contains(&expected), "{} lacks {}: {:?}", text, expected, rows);
        }
    }

    #[test]
    fn the_result_does_not_depend_on_the_pieces(text in "[a,\"\n]{0,40}", piece in 1..9_usize) {
        let whole = read_with(Records::separated_by(b',').strict_in([0, 1, 2], 1), &text, 1000);
        let pieces = read_with(Records::separated_by(b',').strict_in([0, 1, 2], 1), &text, piece);
        prop_assert_eq!(whole, pieces);
    }
}
