"""A new tokenizer of any kind, from texts."""

from collections.abc import Iterable

from bert_keras.data.tokenization.byte_pair_tokenizer import BytePairTokenizer
from bert_keras.data.tokenization.tokenizer import Tokenizer
from bert_keras.data.tokenization.unigram_tokenizer import UnigramTokenizer
from bert_keras.data.tokenization.unigram_vocabulary import UnigramVocabulary
from bert_keras.data.tokenization.vocabulary_training import train_vocabulary
from bert_keras.data.tokenization.wordpiece_tokenizer import WordPieceTokenizer


def train_tokenizer(
    texts: Iterable[str], vocabulary_size: int = 8192, *, kind: str = "wordpiece", lower_case: bool | None = None
) -> Tokenizer:
    """Train a vocabulary, and build the tokenizer that it is for.

    Args:
        texts: The corpus, as for `train_vocabulary`.
        vocabulary_size: Number of tokens wanted.
        kind: "wordpiece" (BERT, DistilBERT, ELECTRA), "byte_pair" (RoBERTa, ModernBERT, GPT-2), "unigram" (ALBERT) or
            "unigram_xlm_roberta".
        lower_case: Whether to fold case and strip accents; None for what the kind does: byte pairs and XLM-RoBERTa's
            pieces keep them, the others fold.

    Returns:
        A `WordPieceTokenizer`, `BytePairTokenizer` or `UnigramTokenizer`.

    Raises:
        ValueError: As `train_vocabulary`.

    Example:
        >>> tokenizer = train_tokenizer(["low lower lowest", "new newer newest"] * 10, 300, kind="byte_pair")
        >>> tokenizer.detokenize(tokenizer("a lower lowest")).numpy().decode()
        'a lower lowest'
    """
    vocabulary = train_vocabulary(texts, vocabulary_size, kind=kind, lower_case=lower_case)
    if kind == "byte_pair":
        return BytePairTokenizer(vocabulary)
    if isinstance(vocabulary, UnigramVocabulary):
        return UnigramTokenizer(vocabulary, lower_case=lower_case, strip_accents=lower_case)
    return WordPieceTokenizer(vocabulary, lower_case=lower_case is not False)
