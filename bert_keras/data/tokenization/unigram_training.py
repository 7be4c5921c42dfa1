"""A unigram vocabulary from a corpus: words counted by ALBERT's or XLM-RoBERTa's rules, pieces by `sentencepiece`."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import sentencepiece
import tensorflow as tf

from bert_keras.data.tokenization.sentencepiece_model import SentencePieceModel
from bert_keras.data.tokenization.string_tensors import as_strings
from bert_keras.data.tokenization.unigram_family import ALBERT, UNIGRAM_FAMILIES
from bert_keras.data.tokenization.unigram_normalization import normalize_accents_and_case
from bert_keras.data.tokenization.unigram_vocabulary import UnigramVocabulary

_BATCH_LENGTH = 1 << 18  # characters normalised at once
_MAX_DISTINCT_WORDS = 1 << 22  # beyond which the rarer half is forgotten, so that memory stays bounded
_MAX_WORD_LENGTH = 1000  # characters; of longer ones, as of texts without spaces, the parts count
_IDS = {  # which of the first pieces stand for what, as the families' models have it
    "albert": dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"]),
    "xlm-roberta": dict(unk_id=0, bos_id=1, eos_id=2, pad_id=-1),
}


def train_unigram_vocabulary(
    texts: Iterable[str],
    vocabulary_size: int = 8192,
    *,
    family: str = "albert",
    lower_case: bool | None = None,
    strip_accents: bool | None = None,
) -> UnigramVocabulary:
    """Train a unigram vocabulary with `sentencepiece`; the same texts give the same vocabulary, in every process.

    The vocabulary is smaller than asked where the texts have no more pieces. It runs on one core: the sums of several
    would differ in their last digits.

    Args:
        texts: The corpus, streamed: any cut into strings, none inside a word.
        vocabulary_size: Number of tokens wanted, special ones included.
        family: "albert" or "xlm-roberta", which have other special tokens.
        lower_case: As the `UnigramTokenizer` that will use it.
        strip_accents: As the tokenizer that will use it; None does what `lower_case` says.

    Returns:
        A `UnigramVocabulary` of at most `vocabulary_size` tokens, with SentencePiece's character map "nmt_nfkc".

    Raises:
        ValueError: No words in the texts, an unknown family, lower case for XLM-RoBERTa, or fewer tokens than the
            texts have characters; the message says how many those are.

    Example:
        >>> vocabulary = train_unigram_vocabulary(["low lower lowest", "new newer newest"] * 10, vocabulary_size=30)
        >>> vocabulary.tokens[:5], "▁newest" in vocabulary
        (('<pad>', '<unk>', '[CLS]', '[SEP]', '[MASK]'), True)

    Reference:
        Kudo 2018, "Subword Regularization", https://arxiv.org/abs/1804.10959
    """
    families = {known.name: known for known in UNIGRAM_FAMILIES}
    if family not in families:
        raise ValueError(f"family must be one of {', '.join(families)}, received {family!r}")
    if isinstance(texts, str):
        raise ValueError("texts must be an iterable of strings, received one string")
    is_albert = families[family] is ALBERT
    lower_case = is_albert if lower_case is None else lower_case
    strip_accents = lower_case if strip_accents is None else strip_accents
    if not is_albert and (lower_case or strip_accents):
        raise ValueError("lower_case and strip_accents are ALBERT's, received for xlm-roberta")
    words = _count_words(texts, is_albert, lower_case=lower_case, strip_accents=strip_accents)
    if not words:
        raise ValueError("cannot train a vocabulary: the texts hold no words")
    num_added = len(families[family].specials) - len(families[family].model_pieces)  # by fairseq
    if vocabulary_size <= (num_specials := len(families[family].specials)):
        raise ValueError(f"vocabulary_size must exceed the {num_specials} special tokens, received {vocabulary_size}")
    content = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(f"{word}\t{count}" for word, count in sorted(words.items())),
            input_format="tsv",
            model_writer=content,
            model_type="unigram",
            vocab_size=vocabulary_size - num_added,
            hard_vocab_limit=False,
            max_sentence_length=8 * _MAX_WORD_LENGTH,
            num_threads=1,
            minloglevel=2,
            **_IDS[family],
        )
    except (RuntimeError, OSError) as error:
        if sizes := re.search(r"smaller than required_chars\. \d+ vs (\d+)", str(error)):
            raise ValueError(
                f"vocabulary_size must be {int(sizes[1]) + num_added} or more, the number of the texts' characters and "
                f"special tokens, received {vocabulary_size}"
            ) from error
        raise ValueError(f"no vocabulary of {vocabulary_size} tokens can be trained: {error}") from error
    model = SentencePieceModel.parse(content.getvalue())
    return UnigramVocabulary.from_model(model)


def _count_words(texts, is_albert, **rules) -> Counter:
    counts = Counter()
    for batch in _batches(texts):
        if is_albert:
            batch = tf.strings.regex_replace(as_strings(batch), "``|''", '"')
            batch = [text.decode() for text in normalize_accents_and_case(batch, **rules).numpy()]
        for word in " ".join(batch).split():
            counts.update(word[at : at + _MAX_WORD_LENGTH] for at in range(0, len(word), _MAX_WORD_LENGTH))
        if len(counts) > _MAX_DISTINCT_WORDS:
            frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            counts = Counter(dict(frequent[: _MAX_DISTINCT_WORDS // 2]))
    return counts


def _batches(texts) -> Iterator[list[str]]:
    batch, length = [], 0
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"texts must be strings, received {text!r:.100}")
        batch.append(re.sub("[\0\ud800-\udfff]", "\ufffd", text))
        length += len(text)
        if length > _BATCH_LENGTH:
            yield batch
            batch, length = [], 0
    yield batch
