//! `sms-chat import`: what it says, and how it ends.

use std::path::PathBuf;

use crate::support::{
    Kind,
    command::{Said, said, sms_chat},
    daily_files::customers,
    database::TestDatabase,
};

/// The demo world, and a folder for files.
struct Desk {
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Desk {
    fn on(kind: Kind) -> Self {
        let database = TestDatabase::empty(kind);
        assert_eq!(said(sms_chat(&database.url, &["demo"]), "").code, 0);
        Self { database, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("customers.csv");
        std::fs::write(&file, text).unwrap();
        file
    }

    fn import(&self, team: &str, text: &str, more: &[&str]) -> Said {
        let file = self.file(text);
        let words = [&["import", "--team", team, file.to_str().unwrap()], more].concat();
        said(sms_chat(&self.database.url, &words), "")
    }
}

fn a_file_is_brought_in_and_summed_up(kind: Kind) {
    let desk = Desk::on(kind);
    let mut text = customers(5000);
    text += "B-X,Jo,call me,,\n";
    let Said { code, out, err } = desk.import("collections", &text, &["--confirm"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("collections: 5000 of 5001 rows are in, and the file is current.\n"), "{out}");
    assert!(out.contains("1 rows were not taken:\n    line 5002, Mobile: \"call me\": This is not"), "{out}");
    let current = "is_current AND created_by = 'sms-chat import' AND accepted = 5000";
    assert_eq!(desk.database.count("daily_files", current), 1);
}

#[test]
fn a_file_is_brought_in_and_summed_up_on_sqlite() {
    a_file_is_brought_in_and_summed_up(Kind::Sqlite);
}

#[test]
fn a_file_is_brought_in_and_summed_up_on_postgres() {
    a_file_is_brought_in_and_summed_up(Kind::Postgres);
}

#[test]
fn what_cannot_be_brought_in_is_said_in_one_line() {
    let desk = Desk::on(Kind::Sqlite);
    let missing = desk.folder.path().join("none.csv");
    let words = ["import", "--team", "Collections", missing.to_str().unwrap()];
    let unreadable = said(sms_chat(&desk.database.url, &words), "");
    let few = format!("{}B-X", customers(1));
    let preview = desk.import("Claims", &few, &["--preview"]);
    assert_eq!(preview.code, 0, "{preview:?}");
    for words in
        ["1 of 2 rows can be used. Nothing was changed.", "new, for example: B-0 Customer 0", "add --confirm"]
    {
        assert!(preview.out.contains(words), "{preview:?}");
    }
    for (said, expected) in [
        (unreadable, "none.csv cannot be read"),
        (desk.import("Sales", &few, &[]), "there is no team Sales; there are: Claims, Collections, Support"),
        (desk.import("Claims", "ref,name\n1,2\n", &[]), "Line 1: There is no column for the phone number"),
        (desk.import("Claims", "ref,name,tel\nA,B,0770\n", &[]), "line 2: tel: Too short for a UK number."),
        (desk.import("Claims", &few, &[]), "add --confirm"),
    ] {
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        assert!(said.err.starts_with("sms-chat: ") && said.err.contains(expected), "{said:?}");
        assert_eq!(said.err.matches('\n').count(), 1, "{said:?}");
    }
    assert_eq!(desk.database.count("daily_files", "1 = 1"), 3);
    let confirmed = desk.import("Claims", &few, &["--confirm"]);
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
}
