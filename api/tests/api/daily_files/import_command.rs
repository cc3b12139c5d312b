//! `sms-chat import`: its output and its exit codes.

use std::path::PathBuf;

use crate::support::{
    Kind,
    command::{CommandOutput, run_command, sms_chat},
    daily_files::customers,
    database::TestDatabase,
};

/// The demo data, and a folder for files.
struct Setup {
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Setup {
    fn on(kind: Kind) -> Self {
        let database = TestDatabase::empty(kind);
        assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
        Self { database, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("customers.csv");
        std::fs::write(&file, text).unwrap();
        file
    }

    fn import(&self, team: &str, text: &str, more: &[&str]) -> CommandOutput {
        let file = self.file(text);
        let args = [&["import", "--team", team, file.to_str().unwrap()], more].concat();
        run_command(sms_chat(&self.database.url, &args), "")
    }
}

fn a_file_is_imported_and_summarised(kind: Kind) {
    let setup = Setup::on(kind);
    let mut text = customers(5000);
    text += "B-X,Jo,call me,,\n";
    let CommandOutput { code, out, err } = setup.import("collections", &text, &["--confirm"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.starts_with("collections: imported 5000 of 5001 rows. The file is now the current one.\n"),
        "{out}"
    );
    assert!(out.contains("1 rows were rejected:\n    line 5002, Mobile: \"call me\": This is not"), "{out}");
    let current = "is_current AND created_by = 'sms-chat import' AND accepted = 5000";
    assert_eq!(setup.database.count("daily_files", current), 1);
}

#[test]
fn a_file_is_imported_and_summarised_on_sqlite() {
    a_file_is_imported_and_summarised(Kind::Sqlite);
}

#[test]
fn a_file_is_imported_and_summarised_on_postgres() {
    a_file_is_imported_and_summarised(Kind::Postgres);
}

#[test]
fn a_failed_import_is_reported_in_one_line() {
    let setup = Setup::on(Kind::Sqlite);
    let missing = setup.folder.path().join("none.csv");
    let args = ["import", "--team", "Collections", missing.to_str().unwrap()];
    let unreadable = run_command(sms_chat(&setup.database.url, &args), "");
    let one_customer = format!("{}B-X", customers(1));
    let preview = setup.import("Claims", &one_customer, &["--preview"]);
    assert_eq!(preview.code, 0, "{preview:?}");
    for expected in
        ["1 of 2 rows are valid. Nothing was changed.", "added, for example: B-0 Customer 0", "add --confirm"]
    {
        assert!(preview.out.contains(expected), "{preview:?}");
    }
    for (output, expected) in [
        (unreadable, "none.csv cannot be read"),
        (
            setup.import("Sales", &one_customer, &[]),
            "there is no team Sales; the teams are: Claims, Collections, Support",
        ),
        (setup.import("Claims", "ref,name\n1,2\n", &[]), "Line 1: There is no column for the phone number"),
        (setup.import("Claims", "ref,name,tel\nA,B,0770\n", &[]), "line 2: tel: Too short for a UK number."),
        (setup.import("Claims", &one_customer, &[]), "add --confirm"),
    ] {
        assert_eq!((output.code, output.out.as_str()), (1, ""), "{output:?}");
        assert!(output.err.starts_with("sms-chat: ") && output.err.contains(expected), "{output:?}");
        assert_eq!(output.err.matches('\n').count(), 1, "{output:?}");
    }
    assert_eq!(setup.database.count("daily_files", "1 = 1"), 3);
    let confirmed = setup.import("Claims", &one_customer, &["--confirm"]);
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
}
