-- Search by a complete number, or by the beginning of one.
CREATE INDEX conversations_number ON conversations (number);
-- Search by a complete reference: the second line of the search text.
CREATE INDEX conversation_texts_reference ON conversation_texts (
    substr(text, instr(text, char(10)) + 1, instr(substr(text, instr(text, char(10)) + 1), char(10)) - 1)
);
