"""A byte-pair vocabulary from a corpus: merges learned by Hugging Face `tokenizers`."""

import json
from collections.abc import Iterable, Iterator

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from bert_keras.data.tokenization.added_tokens import SpecialTokens
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary


def train_byte_pair_vocabulary(texts: Iterable[str], vocabulary_size: int, *, min_frequency: int) -> BytePairVocabulary:
    """Train merges; the same texts give the same vocabulary.

    RoBERTa's special tokens come first, then the 256 bytes, then what was merged in the order of the merges, and
    `<mask>` last, as in RoBERTa's own vocabulary.

    Args:
        texts: The corpus, streamed: any cut into strings, none inside a word.
        vocabulary_size: Number of tokens wanted.
        min_frequency: How often two neighbours must occur to be merged.

    Returns:
        A vocabulary of at most `vocabulary_size` tokens.

    Raises:
        ValueError: `vocabulary_size` leaves no room for a merge, a text is no string, or there is none.

    Example:
        >>> vocabulary = train_byte_pair_vocabulary(["low lower lowest"] * 9, 264, min_frequency=2)
        >>> vocabulary.merges, vocabulary.tokens[-3:]
        ((('l', 'o'), ('lo', 'w'), ('Ġ', 'low')), ('low', 'Ġlow', '<mask>'))
    """
    special_tokens = SpecialTokens.roberta()
    names = [token.content for token in special_tokens.added]
    room = vocabulary_size - len(names)
    if room <= len(ALPHABET):
        least = len(names) + len(ALPHABET) + 1
        raise ValueError(
            f"vocabulary_size must be at least {least}: special tokens, 256 bytes and a merge; got {vocabulary_size}"
        )
    trainer = trainers.BpeTrainer(
        vocab_size=room, min_frequency=min_frequency, initial_alphabet=list(ALPHABET), show_progress=False
    )
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    counted = _Counted(texts)
    tokenizer.train_from_iterator(counted, trainer)
    if not counted.has_text:
        raise ValueError("cannot train a vocabulary: the texts hold no words")
    model = json.loads(tokenizer.to_str())["model"]
    learned = sorted(model["vocab"], key=model["vocab"].get)
    tokens = [*names[:-1], *ALPHABET, *(token for token in learned if len(token) > 1), names[-1]]
    return BytePairVocabulary(tokens, model["merges"], special_tokens)


class _Counted:
    """The texts, checked one by one; `has_text` says afterwards whether there was any."""

    def __init__(self, texts: Iterable[str]):
        self.texts, self.has_text = texts, False

    def __iter__(self) -> Iterator[str]:
        for text in self.texts:
            if not isinstance(text, str):
                raise ValueError(f"texts must be strings, received {text!r:.100}")
            self.has_text |= not text.isspace() and text != ""
            yield text
