//! The tables of search.

diesel::table! {
    conversation_texts (conversation_id) {
        conversation_id -> BigInt,
        text -> Text,
    }
}

diesel::table! {
    search_folding (id) {
        id -> BigInt,
        version -> BigInt,
        before_id -> Nullable<BigInt>,
    }
}
