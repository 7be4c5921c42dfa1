"""Text to batches: vocabulary, tokenizer, corpus, masking, datasets. The one room that sees TensorFlow's strings."""

from bert_keras.data.baselines import unigram_accuracy
from bert_keras.data.cooccurrence import cooccurrence_vectors
from bert_keras.data.corpus import prepare_corpus
from bert_keras.data.corpus_report import CorpusReport
from bert_keras.data.documents import read_documents
from bert_keras.data.masking import MaskedTokens, TextSelectorMasking, TokenMasking
from bert_keras.data.pipelines import classification_dataset, pretraining_dataset
from bert_keras.data.predictions import write_predictions
from bert_keras.data.readers import Examples, read_examples
from bert_keras.data.resumed import resumed
from bert_keras.data.tagged_files import read_tagged_sentences
from bert_keras.data.tagged_predictions import write_conll, write_spans
from bert_keras.data.tagged_sentences import TaggedSentences, sentences_of_texts
from bert_keras.data.tagging_dataset import tagging_dataset
from bert_keras.data.tokenizer import WordPieceTokenizer
from bert_keras.data.vocabulary import Vocabulary
from bert_keras.data.vocabulary_training import train_vocabulary

__all__ = [
    "CorpusReport",
    "Examples",
    "MaskedTokens",
    "TaggedSentences",
    "TextSelectorMasking",
    "TokenMasking",
    "Vocabulary",
    "WordPieceTokenizer",
    "classification_dataset",
    "cooccurrence_vectors",
    "prepare_corpus",
    "pretraining_dataset",
    "read_documents",
    "read_examples",
    "read_tagged_sentences",
    "resumed",
    "sentences_of_texts",
    "tagging_dataset",
    "train_vocabulary",
    "unigram_accuracy",
    "write_conll",
    "write_predictions",
    "write_spans",
]
