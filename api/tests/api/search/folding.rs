//! Folding: the search treats spellings as equal that readers treat as equal: apostrophes, hyphens, invisible
//! characters, Greek, Chinese. Texts stored by an earlier version are folded again.

use shared::{ErrorCode::InvalidQuery, search::TOO_SHORT};

use crate::{
    search::{
        common_names::{closed_id, insert_closed},
        terms::{conversation_named, found},
    },
    support::{
        Client, TestApp, eventually,
        fixtures::{MARIA, SAM},
        on_both_databases,
    },
};

on_both_databases![
    names_match_with_any_apostrophe,
    double_names_match_with_any_hyphen,
    greek_names_match_with_any_sigma,
    one_character_of_chinese_japanese_or_korean_is_enough,
    a_pasted_number_is_found_despite_invisible_characters_and_hyphens,
    texts_stored_by_an_earlier_version_are_folded_again_at_startup,
    interrupted_folding_resumes_where_it_stopped,
];

/// Asserts that each of the names, used as a search term, finds the conversations of all of them and no other.
async fn assert_find_each_other(app: &TestApp, names: &[&str]) -> Client {
    conversation_named(app, 0, "Sam Taylor").await;
    let mut conversations = Vec::new();
    for (n, name) in names.iter().enumerate() {
        conversations.insert(0, conversation_named(app, n + 1, name).await);
    }
    let sam = app.signed_in(SAM).await;
    for name in names {
        assert_eq!(found(&sam, name).await, conversations, "{name}");
    }
    sam
}

async fn names_match_with_any_apostrophe(app: TestApp) {
    let names = ["O'Brien", "O\u{2019}Brien", "O`Brien", "OBrien", "O\u{b4}Brien", "O\u{2bc}Brien"];
    let sam = assert_find_each_other(&app, &names).await;
    assert_eq!(found(&sam, "rien o\u{2018}b").await.len(), names.len(), "any part of it");
    assert_eq!(found(&sam, "O Brien").await.len(), names.len(), "word by word");
}

async fn double_names_match_with_any_hyphen(app: TestApp) {
    let names = ["Smith-Jones", "Smith Jones", "Smith\u{2011}Jones", "Smith\u{2013}Jones", "Smith - Jones"];
    let sam = assert_find_each_other(&app, &names).await;
    assert_eq!(found(&sam, "jones smith").await.len(), names.len(), "in any order");
    assert_eq!(found(&sam, "h-j").await.len(), names.len(), "any part of it");
    assert_eq!(found(&sam, "jones-smith").await, [0_i64; 0], "a hyphen keeps the order");
}

async fn greek_names_match_with_any_sigma(app: TestApp) {
    assert_find_each_other(
        &app,
        &[
            "\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3}",
            "\u{39f}\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3cd}\u{3c2}",
            "\u{3bf}\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3c5}\u{3c3}",
        ],
    )
    .await;
}

async fn one_character_of_chinese_japanese_or_korean_is_enough(app: TestApp) {
    let li = conversation_named(&app, 1, "李小龍").await;
    let kim = conversation_named(&app, 2, "김철수").await;
    let aya = conversation_named(&app, 3, "アヤ").await;
    let sam = app.signed_in(SAM).await;
    for (typed, conversation) in
        [("李", li), (" 龍 ", li), ("\u{200b}小", li), ("김", kim), ("ア", aya), ("ｱ", aya)]
    {
        assert_eq!(found(&sam, typed).await, [conversation], "{typed}");
    }
    assert_eq!(found(&sam, "王").await, [0_i64; 0]);
    let refused = sam.get("/search?q=a").await.problem(InvalidQuery);
    assert!(refused["errors"][0]["message"].as_str().unwrap().starts_with(TOO_SHORT), "{refused}");
}

async fn a_pasted_number_is_found_despite_invisible_characters_and_hyphens(app: TestApp) {
    let maria = app.inbound(MARIA, "Hello").await;
    let sam = app.signed_in(SAM).await;
    for pasted in [
        "\u{202a}+44 7700 900123\u{202c}",
        "\u{202d}07700\u{a0}900123",
        "+44\u{2011}7700\u{2011}900123",
        "07700\u{2013}900\u{2212}123",
        "\u{feff}07700\u{200b}900123",
        "＋４４ ７７００ ９００１２３",
        "٠٧٧٠٠ ٩٠٠١٢٣",
        "A\u{2011}10021",
        "\u{202a}a\u{ad}-10021\u{202c}",
    ] {
        assert_eq!(found(&sam, pasted).await, [maria], "{pasted:?}");
    }
}

/// Waits until all stored texts are folded by the current version.
async fn wait_until_folded(app: &TestApp) {
    eventually("all texts were folded again", async || {
        (app.database.count("search_folding", "version > 0 AND before_id IS NULL") == 1).then_some(())
    })
    .await;
}

async fn texts_stored_by_an_earlier_version_are_folded_again_at_startup(app: TestApp) {
    wait_until_folded(&app).await;
    let oldest = conversation_named(&app, 1, "Sean O'Brien").await;
    // More than one slice.
    insert_closed(&app, 0, 1_100, "Sean O''Brien");
    app.database
        .run(&format!(
            "UPDATE conversation_texts SET text = '+447700901001\na-10021\nsean o''brien'
             WHERE conversation_id = {oldest};
             UPDATE search_folding SET version = 0"
        ))
        .unwrap();
    let sam = app.signed_in(SAM).await;
    assert_eq!(found(&sam, "OBrien").await, [0_i64; 0]);
    let _upgraded = app.replica(|_| {});
    wait_until_folded(&app).await;
    for (typed, conversation) in [
        ("OBrien 7700901001", oldest),
        ("O’Brien 7910000001", closed_id(1)),
        ("O`Brien 7910000600", closed_id(600)),
        ("sean obrien 7910001100", closed_id(1_100)),
    ] {
        assert_eq!(found(&sam, typed).await, [conversation], "{typed}");
    }
}

async fn interrupted_folding_resumes_where_it_stopped(app: TestApp) {
    wait_until_folded(&app).await;
    insert_closed(&app, 0, 4, "Sean O''Brien");
    // As if the process had ended after the two newest conversations.
    app.database.run(&format!("UPDATE search_folding SET before_id = {}", closed_id(2))).unwrap();
    let _restarted = app.replica(|_| {});
    wait_until_folded(&app).await;
    let sam = app.signed_in(SAM).await;
    // The texts of the two newest stay as they are, because they count as done.
    assert_eq!(found(&sam, "OBrien").await, [closed_id(3), closed_id(4)]);
}
