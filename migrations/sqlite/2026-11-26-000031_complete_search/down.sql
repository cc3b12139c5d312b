DROP INDEX conversation_texts_reference;
DROP INDEX conversations_number;
