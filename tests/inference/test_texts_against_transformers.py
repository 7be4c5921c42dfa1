"""Strings through our predictors and through transformers: a random checkpoint of each family, with its tokenizer."""

import pathlib

import numpy as np
import pytest

from bert_keras import inference
from bert_keras.data import tokenizer_of, train_tokenizer

transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

UNIGRAM = pathlib.Path(__file__).parents[1] / "golden" / "unigram"
TEXTS = [
    "Café Zürich, naïve façade!", "two  spaces   here ", " (Ada) Lovelace's \"book\"... isn't it?", "我爱北京 and 天气",
    "emoji 😀🚀 in text", "", "word", "U.S.A. $3.50", "the batch of tokens " * 30, "tab\tand\nnewline",
]  # fmt: skip
PAIRS = [("the first text", "and the second"), ("long words " * 20, "short"), ("short", "long words " * 20), ("", "x")]
SIZES = dict(num_hidden_layers=2, hidden_size=16, num_attention_heads=2, intermediate_size=24)
LENGTH = 32
FAMILIES = {  # positions, and the tokenizer
    "bert": (LENGTH, "wordpiece"),
    "distilbert": (LENGTH, "wordpiece"),
    "electra": (LENGTH, "wordpiece"),
    "roberta": (LENGTH + 2, "byte_pair"),
    "albert": (LENGTH, "unigram"),
    "xlm-roberta": (LENGTH + 2, UNIGRAM / "xlm_roberta"),
}


@pytest.fixture(scope="module", params=FAMILIES)
def checkpoint(request, tmp_path_factory):
    """Return a function that writes a checkpoint for a task, and gives its folder, its model and its tokenizer."""
    num_positions, kind = FAMILIES[request.param]
    ours = tokenizer_of(kind) if isinstance(kind, pathlib.Path) else train_tokenizer(TEXTS * 9, 600, kind=kind)

    def write(auto, **options):
        folder = tmp_path_factory.mktemp(request.param)
        ours.save_to_preset(folder, model_max_length=LENGTH)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        torch.manual_seed(0)
        config = transformers.AutoConfig.for_model(
            request.param, vocab_size=len(tokenizer), initializer_range=0.3, max_position_embeddings=num_positions,
            pad_token_id=tokenizer.pad_token_id, **SIZES, **options,
        )  # fmt: skip
        model = auto.from_config(config).eval()
        model.save_pretrained(folder)
        return folder, model, tokenizer

    return write


def test_probabilities_of_texts_and_of_pairs_are_equal(checkpoint):
    folder, model, tokenizer = checkpoint(transformers.AutoModelForSequenceClassification, num_labels=3)
    classify = inference.load_predictor(folder)
    for given in [*(([text],) for text in TEXTS), *(([first], [second]) for first, second in PAIRS)]:
        with torch.no_grad():
            logits = model(**tokenizer(*given, truncation=True, return_tensors="pt")).logits
        (found,) = classify(*given, top_k=3)
        scores = {one["label"]: one["score"] for one in found}
        scores = [scores[f"LABEL_{number}"] for number in range(3)]
        np.testing.assert_allclose(scores, logits.softmax(-1)[0].numpy(), atol=1e-4, err_msg=str(given))


def test_masked_tokens_are_guessed_alike(checkpoint):
    folder, model, tokenizer = checkpoint(transformers.AutoModelForMaskedLM)
    fill = transformers.pipeline("fill-mask", model=model, tokenizer=tokenizer, device="cpu")
    ours = inference.load_predictor(folder)
    for text in ("the {} book", "{}", "glued({})!", "the  {}  of  Zürich"):
        text = text.format(tokenizer.mask_token)
        expected = [(tokenizer.convert_ids_to_tokens(one["token"]), one["score"]) for one in fill(text)]
        (found,) = ours(text)
        assert [token for token, _ in found] == [token for token, _ in expected]
        np.testing.assert_allclose([score for _, score in found], [score for _, score in expected], atol=1e-4)


def test_words_are_tagged_as_words_given_one_by_one(checkpoint):
    folder, model, tokenizer = checkpoint(transformers.AutoModelForTokenClassification, id2label={0: "O", 1: "B-x"})
    if model.config.model_type == "roberta":
        pytest.skip("transformers 5 leaves add_prefix_space to tokenizer.json, where it is false")
    words = ["the", "Café", ",", "(", "Zürich", "北", ")"]
    inputs = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        expected = model(**inputs).logits[0].numpy()
    tagger = inference.load_predictor(folder)
    rows = tagger.rows([" ".join(words)])
    (found,) = tagger.outputs_of(rows)
    places = [inputs.word_ids(0).index(number) for number in range(len(words))]
    assert places == rows.positions_of_words(0).tolist()
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-4)
