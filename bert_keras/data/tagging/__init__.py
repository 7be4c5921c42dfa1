"""Words, spans, relations and triples: their files, datasets and predictions."""
