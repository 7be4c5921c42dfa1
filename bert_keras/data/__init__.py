"""Text to batches: vocabulary, tokenizer, corpus, masking, datasets. The one room that sees TensorFlow's strings."""

from bert_keras.data.classification.choice_rows import ChoiceRows, multiple_choice_dataset
from bert_keras.data.classification.choices import Choices, read_choices
from bert_keras.data.classification.class_weights import weight_classes
from bert_keras.data.classification.eras import read_eras
from bert_keras.data.classification.examples import Examples
from bert_keras.data.classification.long_texts import cut_long_texts, pool_pieces
from bert_keras.data.classification.parts import class_counts
from bert_keras.data.classification.predictions import (
    confusion_table,
    write_predictions,
    write_submission,
)
from bert_keras.data.classification.readers import read_examples
from bert_keras.data.classification.split import fold_examples, select_examples, split_examples
from bert_keras.data.classification.task_layouts import TASKS, TaskLayout, read_task, task_layout
from bert_keras.data.classification.text_rows import TextRows, classification_dataset
from bert_keras.data.corpus.cooccurrence import cooccurrence_vectors
from bert_keras.data.corpus.documents import SentenceLines, read_documents
from bert_keras.data.corpus.held_out import hold_out, prepare_parts, read_parts
from bert_keras.data.corpus.languages import check_languages
from bert_keras.data.corpus.near_duplicates import NearDuplicate, find_near_duplicates
from bert_keras.data.corpus.preparation import prepare_corpus
from bert_keras.data.corpus.report import CorpusReport
from bert_keras.data.files.checksum import files_checksum
from bert_keras.data.files.faults import AllFaults, FoundFault, NoExamples
from bert_keras.data.files.table_files import has_columns
from bert_keras.data.generation.generation_examples import GenerationExamples
from bert_keras.data.generation.generation_readers import read_generation
from bert_keras.data.generation.generation_rows import GenerationRows, PromptRows, generation_dataset
from bert_keras.data.matching.beir_files import read_beir, write_beir
from bert_keras.data.matching.denoising_rows import DenoisingRows, denoising_dataset
from bert_keras.data.matching.matching_examples import MatchingExamples
from bert_keras.data.matching.matching_readers import read_matching
from bert_keras.data.matching.matching_rows import MatchingRows, matching_dataset
from bert_keras.data.matching.retrieval_set import RetrievalSet
from bert_keras.data.matching.smart_files import read_smart
from bert_keras.data.matching.trec_files import read_qrels, read_run, write_qrels, write_run
from bert_keras.data.pretraining.baselines import majority_accuracy, unigram_accuracy
from bert_keras.data.pretraining.masked_text_rows import MaskedTextRows
from bert_keras.data.pretraining.masked_tokens import MaskedTokens
from bert_keras.data.pretraining.masking import TextSelectorMasking, TokenMasking
from bert_keras.data.pretraining.pretraining_dataset import pretraining_dataset
from bert_keras.data.pretraining.whole_word_masking import WholeWordMasking
from bert_keras.data.pretraining.word_run_masking import NgramMasking, SpanMasking, WordRunMasking
from bert_keras.data.quality.check_parts import check_parts
from bert_keras.data.quality.checked_part import CheckedPart, checked_part
from bert_keras.data.quality.cleaned_files import expect_cleanable, write_cleaned
from bert_keras.data.quality.confident_learning import (
    WrongLabels,
    label_quality,
    wrong_label_sets,
    wrong_labels,
    wrong_tags,
)
from bert_keras.data.quality.data_maps import DataMap, read_data_map, write_data_map
from bert_keras.data.quality.finding import CHECKS, Finding
from bert_keras.data.quality.learned_findings import find_weak_slices, find_wrong_labels, labelled_texts
from bert_keras.data.quality.quality_report import QualityReport
from bert_keras.data.quality.task_kinds import kind_of_task
from bert_keras.data.quality.weak_slices import WeakSlice, text_features, weak_slices
from bert_keras.data.questions.answer_files import write_answers
from bert_keras.data.questions.answer_scores import best_no_answer_threshold, cmrc_scores, squad_scores
from bert_keras.data.questions.answer_spans import AnswerSpan, PredictedAnswers, best_answers
from bert_keras.data.questions.character_scores import drcd_scores, korquad_scores
from bert_keras.data.questions.question_answering_dataset import question_answering_dataset
from bert_keras.data.questions.question_windows import QuestionWindows
from bert_keras.data.questions.questions import Answer, Question, Questions, read_questions
from bert_keras.data.rows.accelerators import hide_accelerators
from bert_keras.data.rows.autotuner import without_autotuner
from bert_keras.data.rows.batches import batches
from bert_keras.data.rows.resumed import resumed
from bert_keras.data.rows.rows import Rows, entries_of_rows
from bert_keras.data.rows.text_arrays import pack
from bert_keras.data.rows.tokenized_texts import TokenizedTexts
from bert_keras.data.rows.writing_layout import writing_layout
from bert_keras.data.tagging.basic_tokens import BasicTokens, basic_tokens
from bert_keras.data.tagging.relation_examples import RelationExamples, read_relations
from bert_keras.data.tagging.relation_rows import RelationRows, relation_dataset
from bert_keras.data.tagging.span_rows import SpanRows, TripleRows, span_dataset, triple_dataset
from bert_keras.data.tagging.tag_rows import TagRows, tagging_dataset
from bert_keras.data.tagging.tagged_files import read_tagged_sentences
from bert_keras.data.tagging.tagged_predictions import write_conll, write_spans, write_triples
from bert_keras.data.tagging.tagged_sentences import TaggedSentences, sentences_of_texts
from bert_keras.data.tagging.triple_examples import TripleExamples, read_triples
from bert_keras.data.tokenization.added_tokens import AddedToken, SpecialTokens
from bert_keras.data.tokenization.byte_pair_tokenizer import BytePairTokenizer
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary
from bert_keras.data.tokenization.row_layout import RowLayout
from bert_keras.data.tokenization.tokenizer import TokenIds, Tokenizer, tokenizer_of
from bert_keras.data.tokenization.tokenizer_training import train_tokenizer
from bert_keras.data.tokenization.unigram_tokenizer import UnigramTokenizer
from bert_keras.data.tokenization.unigram_training import train_unigram_vocabulary
from bert_keras.data.tokenization.unigram_vocabulary import UnigramVocabulary
from bert_keras.data.tokenization.vocabulary import Vocabulary
from bert_keras.data.tokenization.vocabulary_changes import add_words, drop_words
from bert_keras.data.tokenization.vocabulary_training import train_vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer

__all__ = [
    "CHECKS",
    "TASKS",
    "AddedToken",
    "AllFaults",
    "Answer",
    "AnswerSpan",
    "BasicTokens",
    "BytePairTokenizer",
    "BytePairVocabulary",
    "CheckedPart",
    "ChoiceRows",
    "Choices",
    "CorpusReport",
    "DataMap",
    "DenoisingRows",
    "Examples",
    "Finding",
    "FoundFault",
    "GenerationExamples",
    "GenerationRows",
    "MaskedTextRows",
    "MaskedTokens",
    "MatchingExamples",
    "MatchingRows",
    "NearDuplicate",
    "NgramMasking",
    "NoExamples",
    "PredictedAnswers",
    "PromptRows",
    "QualityReport",
    "Question",
    "QuestionWindows",
    "Questions",
    "RelationExamples",
    "RelationRows",
    "RetrievalSet",
    "RowLayout",
    "Rows",
    "SentenceLines",
    "SpanMasking",
    "SpanRows",
    "SpecialTokens",
    "TagRows",
    "TaggedSentences",
    "TaskLayout",
    "TextRows",
    "TextSelectorMasking",
    "TokenIds",
    "TokenMasking",
    "TokenizedTexts",
    "Tokenizer",
    "TripleExamples",
    "TripleRows",
    "UnigramTokenizer",
    "UnigramVocabulary",
    "Vocabulary",
    "WeakSlice",
    "WholeWordMasking",
    "WordPieceTokenizer",
    "WordRunMasking",
    "WrongLabels",
    "add_words",
    "basic_tokens",
    "batches",
    "best_answers",
    "best_no_answer_threshold",
    "check_languages",
    "check_parts",
    "checked_part",
    "class_counts",
    "classification_dataset",
    "cmrc_scores",
    "confusion_table",
    "cooccurrence_vectors",
    "cut_long_texts",
    "denoising_dataset",
    "drcd_scores",
    "drop_words",
    "entries_of_rows",
    "expect_cleanable",
    "files_checksum",
    "find_near_duplicates",
    "find_weak_slices",
    "find_wrong_labels",
    "fold_examples",
    "generation_dataset",
    "has_columns",
    "hold_out",
    "kind_of_task",
    "korquad_scores",
    "label_quality",
    "labelled_texts",
    "majority_accuracy",
    "matching_dataset",
    "multiple_choice_dataset",
    "pack",
    "pool_pieces",
    "prepare_corpus",
    "prepare_parts",
    "pretraining_dataset",
    "question_answering_dataset",
    "read_beir",
    "read_choices",
    "read_data_map",
    "read_documents",
    "read_eras",
    "read_examples",
    "read_generation",
    "read_matching",
    "read_parts",
    "read_qrels",
    "read_questions",
    "read_relations",
    "read_run",
    "read_smart",
    "read_tagged_sentences",
    "read_task",
    "read_triples",
    "relation_dataset",
    "resumed",
    "select_examples",
    "sentences_of_texts",
    "span_dataset",
    "split_examples",
    "squad_scores",
    "tagging_dataset",
    "task_layout",
    "text_features",
    "tokenizer_of",
    "train_tokenizer",
    "train_unigram_vocabulary",
    "train_vocabulary",
    "triple_dataset",
    "unigram_accuracy",
    "weak_slices",
    "weight_classes",
    "without_autotuner",
    "write_answers",
    "write_beir",
    "write_cleaned",
    "write_conll",
    "write_data_map",
    "write_predictions",
    "write_qrels",
    "write_run",
    "write_spans",
    "write_submission",
    "write_triples",
    "writing_layout",
    "wrong_label_sets",
    "wrong_labels",
    "wrong_tags",
]

hide_accelerators()
