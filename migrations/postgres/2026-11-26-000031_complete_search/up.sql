-- Search by a complete number, or by the beginning of one.
CREATE INDEX conversations_number ON conversations (number text_pattern_ops);
-- Search by a complete reference: the second line of the search text.
CREATE INDEX conversation_texts_reference ON conversation_texts (split_part(text, chr(10), 2));
