"""A tagger finds in raw text what it learned from a file, also where every name has punctuation inside."""

import json
import random

import keras
import pytest

from bert_keras import data, training
from bert_keras.inference import SpanFinder, Tagger
from bert_keras.models import BertEncoder, SpanTagger, TokenClassifier
from bert_keras.tagging_schemes import spans_to_tags, tags_to_spans

# So little that few steps learn it: each token is of one label, and at one place of its name.
NAMES = {"place": ("U.K", "北京大学", "Baden-Pyrmont"), "person": ("O'Neill", "Smith/Carter", "小明")}
OTHERS = ("the", "of", "met", "in", "was")
PIECES = (*"uk.'-/", *"北京大学小明", "baden", "pyrmont", "o", "neill", "smith", "cart", "##er", *OTHERS)


def sentences(seed, number):
    """Words of each sentence, and its spans; some are longer than a row."""
    chosen = random.Random(seed)
    for i in range(number):
        words, spans = [], []
        for _ in range(12 if i % 8 == 0 else 2):
            words += chosen.choices(OTHERS, k=chosen.randint(1, 3))
            label = chosen.choice(sorted(NAMES))
            spans.append((len(words), len(words) + 1, label))
            words.append(chosen.choice(NAMES[label]))
        yield words, spans


def write(path, rows, scheme):
    """Writes columns, CoNLL-U that cuts names at their apostrophes, or JSONL, by the path's suffix."""
    lines = []
    for words, spans in rows:
        if path.suffix == ".jsonl":
            ends = [sum(map(len, words[: i + 1])) + i for i in range(len(words))]
            places = [{"start": ends[i] - len(words[i]), "end": ends[i], "label": label} for i, _, label in spans]
            lines.append(json.dumps({"text": " ".join(words), "spans": places}))
            continue
        parts = [[word] for word in words]
        if path.suffix == ".conllu":
            parts = [[word[:1], word[1:]] if "'" in word else [word] for word in words]
        begins = [sum(map(len, parts[:i])) for i in range(len(parts) + 1)]
        spans = [(begins[first], begins[behind], label) for first, behind, label in spans]
        tags = iter(spans_to_tags(spans, begins[-1], scheme))
        for some in parts:
            for i, part in enumerate(some):
                space = "_" if i == len(some) - 1 else "SpaceAfter=No"
                columns = ("1", part, "_", "_", next(tags), "_", "_", "_", "_", space)
                lines.append("\t".join(columns) if path.suffix == ".conllu" else f"{part} {columns[4]}")
        lines.append("")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def train(tmp_path, head, suffix, scheme):
    """Trains a small tagger, saves it as a preset, and gives the sentences of the test."""
    keras.utils.set_random_seed(0)
    tokenizer = data.WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES])
    encoder = BertEncoder(
        len(tokenizer.vocabulary), 1, 2, 32, 32, max_sequence_length=24, dropout=0.0, pooler=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.2),
    )  # fmt: skip
    parts = {}
    for part, seed, number in (("train", 0, 96), ("test", 1, 24)):
        path = tmp_path / f"{part}.{suffix}"
        write(path, sentences(seed, number), scheme)
        column = "xpos" if suffix == "conllu" else None
        parts[part] = data.read_tagged_sentences(path, scheme=scheme, tag_column=column)
    options = {"sequence_length": 24, "batch_size": 8, "training": True}
    if head == "global_pointer":
        model = SpanTagger(encoder, parts["train"].labels, dropout=0.0)
        dataset, loss = data.span_dataset(parts["train"], tokenizer, **options), training.SpanLoss()
    else:
        names = parts["train"].tag_names
        model = TokenClassifier(encoder, len(names), labels=names, head=head, scheme=scheme, dropout=0.0)
        dataset, loss = data.tagging_dataset(parts["train"], tokenizer, **options), None
    model.compile(training.AdamW(1e-2), loss=loss)
    model.fit(dataset, epochs=10, verbose=0, shuffle=False)
    model.save_to_preset(tmp_path / "preset")
    tokenizer.save_to_preset(tmp_path / "preset")
    return parts["test"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "suffix", "scheme"),
    [
        ("linear", "conll", "BIO"),
        ("linear", "conllu", "BILOU"),
        ("crf", "conll", "BMES"),
        ("crf", "jsonl", "BIOES"),
        ("global_pointer", "conllu", "IOB1"),
        ("global_pointer", "jsonl", "BIO"),
    ],
)
def test_names_with_punctuation_inside_are_found_in_a_file_and_in_its_raw_text(tmp_path, head, suffix, scheme):
    test, predictor = train(tmp_path, head, suffix, scheme), SpanFinder if head == "global_pointer" else Tagger
    predictor = predictor.from_preset(tmp_path / "preset")
    of_words = predictor.spans(test) if head == "global_pointer" else list(map(tags_to_spans, predictor.tags(test)))
    assert training.span_scores(test.spans, of_words)["overall"]["f1"] == 1.0
    found = [[(span["start"], span["end"], span["label"]) for span in some] for some in predictor(list(test.texts))]
    assert training.span_scores(test.character_spans(), found)["overall"]["f1"] == 1.0


@pytest.mark.slow
def test_transformers_finds_the_same_names_in_raw_text(tmp_path):
    transformers = pytest.importorskip("transformers")
    test = train(tmp_path, "linear", "conll", "BIO")
    texts = [text for text in test.texts if len(text) < 60]  # longer ones are several rows, for which it has no windows
    tag = transformers.pipeline("token-classification", str(tmp_path / "preset"), aggregation_strategy="first")
    theirs = [[(span["start"], span["end"], span["entity_group"]) for span in some] for some in tag(texts)]
    found = Tagger.from_preset(tmp_path / "preset")(texts)
    assert any(found)
    assert theirs == [[(span["start"], span["end"], span["label"]) for span in some] for some in found]
