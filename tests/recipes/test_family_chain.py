"""Each family from raw text: prepared, pretrained, fine-tuned by the recipes, and read by transformers."""

import random

import numpy as np
import pytest

from bert_keras import inference
from bert_keras.checkpoints.families import family_named

pytestmark = pytest.mark.slow
WORDS = "president united congress people army southern treasury several".split()
TEXT = "The people met the congress in an old house."


@pytest.fixture(scope="module")
def corpora(run_recipe, tmp_path_factory):
    """Function that gives the folder of a corpus in the tokens of a kind, each prepared once."""
    directory, corpora = tmp_path_factory.mktemp("text"), {}
    for number in range(40):
        chosen = random.Random(number)
        texts = (f"The {chosen.choice(WORDS)} of the {chosen.choice(WORDS)} met in the old house. " for _ in range(30))
        (directory / f"{number:02}.txt").write_text("".join(texts))

    def prepare(kind):
        if kind not in corpora:
            corpora[kind] = directory / kind
            options = ["--output", corpora[kind], "--vocabulary-size", 320, "--passage-tokens", 29, "--kind", kind]
            run_recipe("prepare_corpus.py", f"{directory}/*.txt", *options)
        return corpora[kind]

    return prepare


@pytest.mark.parametrize("family", ["bert", "distilbert", "electra", "roberta", "modernbert", "albert", "xlm-roberta"])
def test_what_the_recipes_make_of_text_transformers_reads(run_recipe, corpora, tmp_path, family):
    transformers, torch = pytest.importorskip("transformers"), pytest.importorskip("torch")
    run_recipe(
        "pretrain.py", "--corpus", corpora(family_named(family).tokenizer), "--family", family, "--size", "tiny",
        "--sentence-task", "none", "--run-directory", tmp_path / "pretrained", "--sequence-length", 32, "--steps", 2,
        "--warmup-steps", 1, "--steps-per-report", 1, "--batch-size", 8, "--validation-batches", 1, "--no-warm-start",
        "--no-xla",
    )  # fmt: skip
    rows = (f"the {WORDS[number % 2]} house {number}\t{'ab'[number % 2]}" for number in range(24))
    (tmp_path / "rows.tsv").write_text("sentence\tlabel\n" + "\n".join(rows) + "\n")
    run_recipe(
        "finetune_classifier.py", "--preset", tmp_path / "pretrained" / "preset", "--train", tmp_path / "rows.tsv",
        "--validation", tmp_path / "rows.tsv", "--sequence-length", 32, "--epochs", 1, "--batch-size", 8,
        "--run-directory", tmp_path / "finetuned",
    )  # fmt: skip
    for run, auto in (
        ("pretrained", transformers.AutoModelForMaskedLM),
        ("finetuned", transformers.AutoModelForSequenceClassification),
    ):
        preset = tmp_path / run / "preset"
        model, found = auto.from_pretrained(preset, output_loading_info=True)
        assert not any(found.values()), found
        tokenizer, predictor = transformers.AutoTokenizer.from_pretrained(preset), inference.load_predictor(preset)
        text = f"{TEXT} {tokenizer.mask_token}"
        encoded = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            logits = model.eval()(**encoded).logits[0]
        if run == "finetuned":
            ours = {one["label"]: one["score"] for one in predictor([text], top_k=2)[0]}
            expected = dict(zip(model.config.id2label.values(), logits.softmax(-1).numpy(), strict=True))
            np.testing.assert_allclose([ours[label] for label in "ab"], [expected[label] for label in "ab"], atol=1e-4)
        else:
            (place,) = (encoded["input_ids"][0] == tokenizer.mask_token_id).nonzero()[0]
            best = logits[place].softmax(-1).topk(3)
            (guesses,) = predictor(text, top_k=3)
            assert [token for token, _ in guesses] == tokenizer.convert_ids_to_tokens(best.indices.tolist())
            np.testing.assert_allclose([score for _, score in guesses], best.values.numpy(), atol=1e-4)
