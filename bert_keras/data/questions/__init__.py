"""Extractive question answering: SQuAD's files, windows, answers and their scores."""
