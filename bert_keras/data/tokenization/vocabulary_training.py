"""A vocabulary from a corpus: WordPiece's by words that BERT's rules count, or byte-pair; `tokenizers` learns both."""

from collections import Counter
from collections.abc import Iterable, Iterator

import tensorflow as tf
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from bert_keras.data.tokenization.byte_pair_training import train_byte_pair_vocabulary
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary
from bert_keras.data.tokenization.chinese_characters import CHINESE_RANGES
from bert_keras.data.tokenization.normalization import normalize
from bert_keras.data.tokenization.string_tensors import as_strings
from bert_keras.data.tokenization.unigram_training import train_unigram_vocabulary
from bert_keras.data.tokenization.unigram_vocabulary import UnigramVocabulary
from bert_keras.data.tokenization.vocabulary import SPECIAL_TOKENS, Vocabulary
from bert_keras.data.tokenization.word_length import MAX_WORD_LENGTH

_CHINESE = "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in CHINESE_RANGES)
_ALONE = rf"[\p{{P}}$+<=>^`|~{_CHINESE}]"  # what Google's rules make a word of its own
_BATCH_LENGTH = 1 << 18  # characters normalised at once
_MAX_DISTINCT_WORDS = 1 << 22  # beyond which the rarer half is forgotten, so that memory stays bounded
_UNIGRAM_FAMILIES = {"unigram": "albert", "unigram_xlm_roberta": "xlm-roberta"}  # which differ in special tokens
TOKENIZER_KINDS = ("wordpiece", "byte_pair", *_UNIGRAM_FAMILIES)


def train_vocabulary(
    texts: Iterable[str],
    vocabulary_size: int = 8192,
    *,
    lower_case: bool | None = None,
    strip_accents: bool | None = None,
    min_frequency: int = 2,
    kind: str = "wordpiece",
) -> Vocabulary | BytePairVocabulary | UnigramVocabulary:
    """Train a vocabulary; the same texts give the same vocabulary, in every process.

    Of WordPiece, special tokens come first, then characters, the same as continuations (`##a`), then pieces in the
    order they were learned. Characters get at most half of the vocabulary, the most frequent first, and more where few
    pieces can be learned, as in Chinese. The vocabulary is smaller than asked only where the texts have no more
    characters and pairs that occur `min_frequency` times.

    Args:
        texts: The corpus, streamed: any cut into strings, none inside a word.
        vocabulary_size: Number of tokens wanted.
        lower_case: As the tokenizer that will use it; None for what the kind does: WordPiece and ALBERT's lower.
        strip_accents: As the tokenizer that will use it; None does what `lower_case` says.
        min_frequency: How often a character or a pair of pieces must occur to get a token; not of a unigram one.
        kind: "wordpiece", for a `WordPieceTokenizer`; "byte_pair", for a `BytePairTokenizer`, with RoBERTa's special
            tokens; "unigram" or "unigram_xlm_roberta", for a `UnigramTokenizer`, with ALBERT's or XLM-RoBERTa's.

    Returns:
        A `Vocabulary`, `BytePairVocabulary` or `UnigramVocabulary` of at most `vocabulary_size` tokens.

    Raises:
        ValueError: No words in the texts, `vocabulary_size` leaves no room beside the special tokens, there is no such
            kind, or a vocabulary of byte pairs or of XLM-RoBERTa's is to be lowered, which its tokenizer does not.

    Example:
        >>> vocabulary = train_vocabulary(["low lower lowest", "new newer newest"] * 10, vocabulary_size=30)
        >>> len(vocabulary), vocabulary.tokens[-3:]
        (30, ('lowest', 'new', 'newer'))
    """
    if kind not in TOKENIZER_KINDS:
        raise ValueError(f"kind must be one of {', '.join(TOKENIZER_KINDS)}, received {kind!r}")
    if isinstance(texts, str):
        raise ValueError("texts must be an iterable of strings, received one string")
    if kind == "byte_pair":
        if lower_case or strip_accents:
            raise ValueError("a byte-pair tokenizer keeps case and accents: leave lower_case and strip_accents out")
        return train_byte_pair_vocabulary(texts, vocabulary_size, min_frequency=min_frequency)
    if kind in _UNIGRAM_FAMILIES:
        options = dict(lower_case=lower_case, strip_accents=strip_accents)
        return train_unigram_vocabulary(texts, vocabulary_size, family=_UNIGRAM_FAMILIES[kind], **options)
    lower_case = lower_case is not False
    if vocabulary_size <= len(SPECIAL_TOKENS):
        raise ValueError(
            f"vocabulary_size must exceed the {len(SPECIAL_TOKENS)} special tokens, received {vocabulary_size}"
        )
    words = _count_words(texts, lower_case, lower_case if strip_accents is None else strip_accents)
    if not words:
        raise ValueError("cannot train a vocabulary: the texts hold no words")
    budget = vocabulary_size - len(SPECIAL_TOKENS)
    symbols = _symbols(words, min_frequency)
    alphabet = symbols[: budget // 2]
    learned = _learn_pieces(words, alphabet, vocabulary_size, min_frequency)
    if len(alphabet) < len(symbols) and len(alphabet) + len(learned) < budget:
        alphabet = symbols[: budget - len(learned)]
        learned = _learn_pieces(words, alphabet, vocabulary_size, min_frequency)
    return Vocabulary([*SPECIAL_TOKENS, *sorted(alphabet, key=_plain_first), *learned])


def _symbols(words, min_frequency) -> list[str]:
    """Single characters, plain (`a`) and as continuations (`##a`), the most frequent first."""
    plain, continuing = Counter(), Counter()
    for word, count in words.items():
        plain[word[0]] += count
        for character in word[1:]:
            continuing[character] += count
    total = plain + continuing
    # Ties go by code point: nothing may depend on the order of a hash table.
    frequent = sorted((c for c in total if total[c] >= min_frequency), key=lambda c: (-total[c], c))
    return [symbol for c in frequent for symbol in ([c, f"##{c}"] if c in continuing else [c])]


def _learn_pieces(words, alphabet, vocabulary_size, min_frequency) -> list[str]:
    """Pieces of two and more characters, in the order in which Hugging Face's trainer merges them."""
    known = set(alphabet)
    words = {word: count for word, count in words.items() if known.issuperset([word[0], *(f"##{c}" for c in word[1:])])}
    # The trainer numbers characters as it meets them in a hash table that differs from process to process, and breaks
    # ties by these numbers. Special tokens it numbers as given; so the whole alphabet goes in as special tokens.
    first = [*SPECIAL_TOKENS, *sorted(alphabet, key=_plain_first)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary_size, min_frequency=min_frequency, special_tokens=first, show_progress=False
    )
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator(_repeated(words), trainer)
    tokens = tokenizer.get_vocab()
    return sorted(tokens, key=tokens.get)[len(first) :]


def _plain_first(symbol):
    return len(symbol), symbol


def _repeated(words) -> Iterator[str]:
    """Each word as often as it was counted, which is how the trainer takes counts, in strings of bounded length."""
    for word, count in sorted(words.items()):
        for start in range(0, count, 1000):
            yield " ".join([word] * min(1000, count - start))


def _batches(texts) -> Iterator[list[str]]:
    batch, length = [], 0
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"texts must be strings, received {text!r:.100}")
        batch.append(text)
        length += len(text)
        if length > _BATCH_LENGTH:
            yield batch
            batch, length = [], 0
    yield batch


def _count_words(texts, lower_case, strip_accents) -> dict[str, int]:
    counts = Counter()
    for batch in _batches(texts):
        normalized = normalize(as_strings(batch), lower_case=lower_case, strip_accents=strip_accents)
        normalized = tf.strings.regex_replace(normalized, r"\p{Z}", " ")
        normalized = tf.strings.regex_replace(normalized, _ALONE, r" \0 ")
        counts.update(b" ".join(normalized.numpy()).split())
        if len(counts) > _MAX_DISTINCT_WORDS:
            frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            counts = Counter(dict(frequent[: _MAX_DISTINCT_WORDS // 2]))
    words = {word.decode(): count for word, count in counts.items()}
    return {word: count for word, count in words.items() if len(word) <= MAX_WORD_LENGTH}
