"""WordPiece as Google's BERT does it: vocabularies, the tokenizer, its files."""
