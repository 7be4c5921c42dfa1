"""A tokenizer with words more or words less, and where the vectors of the new vocabulary come from."""

from collections.abc import Iterable

import tensorflow as tf

from bert_keras.data.tokenization.normalization import normalize
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer


def add_words(tokenizer: WordPieceTokenizer, words: Iterable[str]) -> tuple[WordPieceTokenizer, list[list[int]]]:
    """Make whole words tokens, at the end of the vocabulary; all other tokens keep their ids.

    Args:
        tokenizer: Tokenizer of the model.
        words: Words that it takes to pieces, as they are written in a text. One that is a token already is passed over.

    Returns:
        The new tokenizer, and for `bert_keras.models.change_vocabulary` the old ids that make up each of its tokens.

    Raises:
        ValueError: Something is more than one word by BERT's rules, such as "covid-19", or none at all; or the
            tokenizer is of another kind.

    Example:
        >>> from bert_keras.data import Vocabulary, WordPieceTokenizer, add_words
        >>> tokenizer = WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bio", "##me"]))
        >>> tokenizer, pieces = add_words(tokenizer, ["Biome"])
        >>> tokenizer.vocabulary.tokens[-1], pieces[-1]
        ('biome', [5, 6])
    """
    _expect_word_piece(tokenizer)
    old, words = tokenizer.vocabulary, list(words)
    if not words:
        return tokenizer, [[index] for index in range(len(old))]
    normalized = normalize(tf.constant(words), lower_case=tokenizer.lower_case, strip_accents=tokenizer.strips_accents)
    tokens = [token.decode().strip() for token in normalized.numpy()]
    pieces = {token: ids for token, ids in zip(tokens, tokenizer(words).to_list()) if token not in old}
    if "" in tokens:
        raise ValueError(f"expected words, received {words[tokens.index('')]!r}")
    changed = _with_tokens(tokenizer, [*old.tokens, *pieces])
    for word, token, ids in zip(words, tokens, changed(words).to_list(), strict=True):
        if ids != [changed.vocabulary.token_to_id(token)]:
            raise ValueError(f"expected a single word by BERT's rules, received {word!r}")
    return changed, [[index] for index in range(len(old))] + [*pieces.values()]


def drop_words(tokenizer: WordPieceTokenizer, words: Iterable[str]) -> tuple[WordPieceTokenizer, list[list[int]]]:
    """Take tokens out of the vocabulary; those behind them move up.

    Args:
        tokenizer: Tokenizer of the model.
        words: Tokens as they stand in the vocabulary, such as "[unused1]" or "##ing".

    Returns:
        The new tokenizer, and for `bert_keras.models.change_vocabulary` the old id of each of its tokens.

    Raises:
        ValueError: A word is not in the vocabulary, or is one of BERT's special tokens; or the tokenizer is of another
            kind.

    Example:
        >>> from bert_keras.data import Vocabulary, WordPieceTokenizer, drop_words
        >>> tokenizer = WordPieceTokenizer(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bio", "##me"]))
        >>> tokenizer, pieces = drop_words(tokenizer, ["bio"])
        >>> tokenizer.vocabulary.tokens[-1], pieces[-1]
        ('##me', [6])
    """
    _expect_word_piece(tokenizer)
    old, dropped = tokenizer.vocabulary, set(words)
    if special := sorted(dropped & set(SPECIAL_TOKENS)):
        raise ValueError(f"BERT cannot do without its special tokens, so {', '.join(special)} must stay")
    ids = {old.token_to_id(word) for word in dropped}
    kept = [index for index in range(len(old)) if index not in ids]
    return _with_tokens(tokenizer, [old.tokens[index] for index in kept]), [[index] for index in kept]


def _expect_word_piece(tokenizer):
    if not isinstance(tokenizer, WordPieceTokenizer):
        raise ValueError(
            f"words are added to and dropped from a WordPieceTokenizer, received a {type(tokenizer).__name__}"
        )


def _with_tokens(tokenizer, tokens):
    return WordPieceTokenizer.from_config(tokenizer.get_config() | {"vocabulary": Vocabulary(tokens)})
