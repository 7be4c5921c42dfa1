"""A tokenizer of KerasHub that cuts as one of ours."""

from typing import Any

from bert_keras.checkpoints.families import family_named
from bert_keras.data import BytePairTokenizer, Tokenizer, UnigramTokenizer, WordPieceTokenizer

_ROW = (("<s>",), ("</s>", "</s>"), ("</s>",))  # what KerasHub's preprocessors put around RoBERTa's texts


def build_keras_hub_tokenizer(tokenizer: Tokenizer, family: str) -> tuple[Any, list[str]]:
    """Build the tokenizer of KerasHub for a family, with the vocabulary of ours.

    Args:
        tokenizer: Ours.
        family: What `BertEncoder.family` says of the model that goes with it.

    Returns:
        The tokenizer, such as `keras_hub.models.RobertaTokenizer`, and what it does otherwise, a sentence each.

    Raises:
        ImportError: KerasHub is not installed.
        ValueError: KerasHub has the family not at all, with another kind of tokenizer, or without rules of ours.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> words = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> build_keras_hub_tokenizer(words, "modernbert")
        Traceback (most recent call last):
        ValueError: KerasHub has no ModernBERT, and so no tokenizer for it.
    """
    form = family_named(family).keras_hub
    if form is None:
        raise ValueError(f"KerasHub has no {family_named(family).name}, and so no tokenizer for it.")
    if isinstance(tokenizer, UnigramTokenizer) and tokenizer.vocabulary.family.name != family:
        raise ValueError(f"Expected a tokenizer of {family}, received one of {tokenizer.vocabulary.family.name}.")
    import keras_hub

    theirs = getattr(keras_hub.models, f"{form.prefix}Tokenizer")
    for kind, their_kind, arguments in (
        (WordPieceTokenizer, keras_hub.tokenizers.WordPieceTokenizer, _word_pieces),
        (BytePairTokenizer, keras_hub.tokenizers.BytePairTokenizer, _byte_pairs),
        (UnigramTokenizer, keras_hub.tokenizers.SentencePieceTokenizer, _sentence_pieces),
    ):
        if isinstance(tokenizer, kind) and issubclass(theirs, their_kind):
            options, differences = arguments(tokenizer)
            return theirs(**options), differences
    raise ValueError(
        f"{theirs.__name__} of KerasHub is a {theirs.__mro__[1].__name__}; the tokenizer of this {form.prefix} is a "
        f"{type(tokenizer).__name__}, for which there is no place."
    )


def _word_pieces(tokenizer):
    rules = {"lowercase": tokenizer.lower_case, "strip_accents": tokenizer.strips_accents}
    differences = []
    if tokenizer.lower_case and not tokenizer.strips_accents:
        differences.append(
            "KerasHub keeps these accents; bert_keras removes them from whatever KerasHub has in lower case"
        )
    return {"vocabulary": list(tokenizer.vocabulary.tokens)} | rules, differences


def _byte_pairs(tokenizer):
    vocabulary = tokenizer.vocabulary
    special = vocabulary.special_tokens
    if tokenizer.compose:
        raise ValueError("KerasHub does not compose characters (compose=True), as this tokenizer does.")
    if (special.begin, special.between, special.end) != _ROW:
        raise ValueError(
            f"KerasHub puts <s>, </s> </s> and </s> around and between texts; this tokenizer has {special.begin}, "
            f"{special.between} and {special.end}."
        )
    options = {
        "vocabulary": {token: index for index, token in enumerate(vocabulary.tokens)},
        "merges": [f"{first} {second}" for first, second in vocabulary.merges],
        "add_prefix_space": tokenizer.add_prefix_space,
    }
    return options, ["KerasHub cuts several spaces in a row, and spaces before a special token, otherwise"]


def _sentence_pieces(tokenizer):
    differences = []
    if tokenizer.lower_case or tokenizer.strip_accents:
        differences.append("KerasHub keeps case and accents: give it texts in lower case without them")
    elif tokenizer.vocabulary.family.name == "albert":
        differences.append("bert_keras brings into lower case, without accents, whatever KerasHub has of ALBERT")
    return {"proto": tokenizer.vocabulary.to_model().serialize()}, differences
