"""What a model has written, as text: all at once, or piece by piece without half a character or half a word."""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bert_keras.data import Tokenizer, WordPieceTokenizer

# WordPiece parts punctuation from words, and Chinese characters from each other, and does not say where spaces were.
_CHINESE = "\u2e80-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_NO_SPACE = re.compile(
    rf"(?<=[\w)]) (?=[.,;:!?%)\]}}])"  # before what ends something
    r"|(?<=[(\[{£$€#]) (?=\w)"  # behind what begins something
    r"|(?<=\w) (?=[-/'’] \w)|(?<=\w [-/'’]) (?=\w)"  # around what joins two words
    rf"|(?<=[{_CHINESE}]) (?=[{_CHINESE}])"
)
_UNDECIDED = re.compile(rf"([^\W{_CHINESE}]*|\s*[-/'’])\Z")  # what the next token may still change


def written_text(tokenizer: Tokenizer, token_ids: Sequence[int] | np.ndarray) -> str:
    """Join tokens that were written to a text, without special tokens.

    Of a `WordPieceTokenizer` spaces are taken out that are usually none: before a full stop, around a hyphen, between
    Chinese characters.

    Args:
        tokenizer: That of the model.
        token_ids: (tokens,) int.

    Example:
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "-", ".", "春", "天"])
        >>> written_text(tokenizer, [4, 5, 6, 4, 7, 3]), written_text(tokenizer, [8, 9])
        ('ab-a.', '春天')
    """
    return _joined(tokenizer, token_ids).decode("utf-8", "replace")


def text_pieces(tokenizer: Tokenizer, tokens: Iterable[Sequence[int]]) -> Iterator[str]:
    """Give the text of tokens that come one after the other; together the pieces are `written_text` of all.

    A piece never ends within a character, nor where the next token could still join it: what is undecided comes with
    the next piece.

    Args:
        tokenizer: That of the model.
        tokens: Of each step its tokens.

    Yields:
        str, none empty.

    Example:
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "-", "."])
        >>> list(text_pieces(tokenizer, [[4], [5], [6], [4, 4], [7]]))
        ['ab', '-a ', 'a.']
    """
    is_wordpiece = isinstance(tokenizer, WordPieceTokenizer)
    decoder, written, shown = codecs.getincrementaldecoder("utf-8")("replace"), [], 0
    for some in tokens:
        written += [int(token) for token in some]
        joined = _joined(tokenizer, written)
        if is_wordpiece:
            text = joined.decode("utf-8", "replace")
            joined = text[: _UNDECIDED.search(text).start()].encode()
        piece = decoder.decode(joined[shown:])
        shown = max(shown, len(joined))
        if piece:
            yield piece
    if rest := decoder.decode(_joined(tokenizer, written)[shown:], final=True):
        yield rest


def _joined(tokenizer, token_ids):
    token_ids = np.asarray(token_ids, "int32")
    if not len(token_ids):
        return b""
    joined = tokenizer.detokenize(token_ids, skip_special_tokens=True).numpy()
    if not isinstance(tokenizer, WordPieceTokenizer):
        return joined
    return _NO_SPACE.sub("", joined.decode("utf-8", "replace")).encode()
