"""Text to batches: vocabulary, tokenizer, corpus, masking, datasets. The one room that sees TensorFlow's strings."""

from bert_keras.data.answer_files import write_answers
from bert_keras.data.answer_scores import best_no_answer_threshold, cmrc_scores, squad_scores
from bert_keras.data.answer_spans import AnswerSpan, PredictedAnswers, best_answers
from bert_keras.data.baselines import unigram_accuracy
from bert_keras.data.choices import Choices, read_choices
from bert_keras.data.class_weights import weight_classes
from bert_keras.data.cooccurrence import cooccurrence_vectors
from bert_keras.data.corpus import prepare_corpus
from bert_keras.data.corpus_report import CorpusReport
from bert_keras.data.documents import read_documents
from bert_keras.data.examples import Examples
from bert_keras.data.length_buckets import default_buckets
from bert_keras.data.long_texts import cut_long_texts, pool_pieces
from bert_keras.data.masking import MaskedTokens, TextSelectorMasking, TokenMasking
from bert_keras.data.multiple_choice_dataset import multiple_choice_dataset
from bert_keras.data.pipelines import classification_dataset, pretraining_dataset
from bert_keras.data.predictions import confusion_table, predictions_of, write_predictions, write_submission
from bert_keras.data.question_answering_dataset import question_answering_dataset
from bert_keras.data.question_windows import QuestionWindows
from bert_keras.data.questions import Answer, Question, Questions, read_questions
from bert_keras.data.readers import read_examples
from bert_keras.data.relation_dataset import relation_dataset
from bert_keras.data.relation_examples import RelationExamples, read_relations
from bert_keras.data.resumed import resumed
from bert_keras.data.span_dataset import span_dataset, triple_dataset
from bert_keras.data.tagged_files import read_tagged_sentences
from bert_keras.data.tagged_predictions import write_conll, write_spans, write_triples
from bert_keras.data.tagged_sentences import TaggedSentences, sentences_of_texts
from bert_keras.data.tagging_dataset import tagging_dataset
from bert_keras.data.task_layouts import TASKS, TaskLayout, read_task, task_layout
from bert_keras.data.tokenizer import WordPieceTokenizer
from bert_keras.data.triple_examples import TripleExamples, read_triples
from bert_keras.data.vocabulary import Vocabulary
from bert_keras.data.vocabulary_changes import add_words, drop_words
from bert_keras.data.vocabulary_training import train_vocabulary

__all__ = [
    "TASKS",
    "Answer",
    "AnswerSpan",
    "Choices",
    "CorpusReport",
    "Examples",
    "MaskedTokens",
    "PredictedAnswers",
    "Question",
    "QuestionWindows",
    "Questions",
    "RelationExamples",
    "TaggedSentences",
    "TaskLayout",
    "TextSelectorMasking",
    "TokenMasking",
    "TripleExamples",
    "Vocabulary",
    "WordPieceTokenizer",
    "add_words",
    "best_answers",
    "best_no_answer_threshold",
    "classification_dataset",
    "cmrc_scores",
    "confusion_table",
    "cooccurrence_vectors",
    "cut_long_texts",
    "default_buckets",
    "drop_words",
    "multiple_choice_dataset",
    "pool_pieces",
    "predictions_of",
    "prepare_corpus",
    "pretraining_dataset",
    "question_answering_dataset",
    "read_choices",
    "read_documents",
    "read_examples",
    "read_questions",
    "read_relations",
    "read_tagged_sentences",
    "read_task",
    "read_triples",
    "relation_dataset",
    "resumed",
    "sentences_of_texts",
    "span_dataset",
    "squad_scores",
    "tagging_dataset",
    "task_layout",
    "train_vocabulary",
    "triple_dataset",
    "unigram_accuracy",
    "weight_classes",
    "write_answers",
    "write_conll",
    "write_predictions",
    "write_spans",
    "write_submission",
    "write_triples",
]
