"""Texts that belong together: pairs, triples, scored pairs, and collections with judged queries."""
