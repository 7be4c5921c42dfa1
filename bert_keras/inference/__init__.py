"""Strings in, predictions out."""

from bert_keras.inference.chooser import Chooser
from bert_keras.inference.classifier import Classifier
from bert_keras.inference.cross_encoder import CrossEncoder
from bert_keras.inference.data_map_recorder import data_map_recorder
from bert_keras.inference.embedder import Embedder
from bert_keras.inference.fill_mask import FillMask
from bert_keras.inference.frozen_vectors import frozen_vectors
from bert_keras.inference.generator import Generator
from bert_keras.inference.known_scores import KnownScores
from bert_keras.inference.load_predictor import load_predictor, predictor_class
from bert_keras.inference.matching_scores import score_matching, score_pairs, score_retrieval, search_run
from bert_keras.inference.negative_mining import mine_negatives, mining_documents, write_negatives
from bert_keras.inference.prediction_files import read_inputs
from bert_keras.inference.predictor import Predictor
from bert_keras.inference.question_answerer import QuestionAnswerer
from bert_keras.inference.relation_extractor import RelationExtractor
from bert_keras.inference.span_finder import SpanFinder
from bert_keras.inference.tagged_scores import score_tagged
from bert_keras.inference.tagger import Tagger
from bert_keras.inference.text_scores import score_texts
from bert_keras.inference.text_sources import as_texts
from bert_keras.inference.triple_finder import TripleFinder
from bert_keras.inference.watching import (
    Inside,
    watch_answers,
    watch_choices,
    watch_pairs,
    watch_relations,
    watch_tagged,
    watch_texts,
    watch_triples,
)
from bert_keras.inference.writing_scores import score_writing, written_samples
from bert_keras.inference.written_text import text_pieces, written_text

__all__ = [
    "Chooser",
    "Classifier",
    "CrossEncoder",
    "Embedder",
    "FillMask",
    "Generator",
    "Inside",
    "KnownScores",
    "Predictor",
    "QuestionAnswerer",
    "RelationExtractor",
    "SpanFinder",
    "Tagger",
    "TripleFinder",
    "as_texts",
    "data_map_recorder",
    "frozen_vectors",
    "load_predictor",
    "mine_negatives",
    "mining_documents",
    "predictor_class",
    "read_inputs",
    "score_matching",
    "score_pairs",
    "score_retrieval",
    "score_tagged",
    "score_texts",
    "score_writing",
    "search_run",
    "text_pieces",
    "watch_answers",
    "watch_choices",
    "watch_pairs",
    "watch_relations",
    "watch_tagged",
    "watch_texts",
    "watch_triples",
    "write_negatives",
    "written_samples",
    "written_text",
]
