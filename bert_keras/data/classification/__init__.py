"""Labelled texts, pairs and choices: readers, datasets, predictions."""
