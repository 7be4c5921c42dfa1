"""What each attention head looks at: neighbours, special tokens, the same token elsewhere, the head in the syntax."""

import collections
import dataclasses
import logging
from collections.abc import Mapping

import numpy as np

from bert_keras.data import Rows, TaggedSentences
from bert_keras.data.tagging.word_rows import WordRows
from bert_keras.inference import Predictor
from bert_keras.inference.text_sources import Texts
from bert_keras.inspection.inner_outputs import inner_outputs, is_special
from bert_keras.text_table import aligned

_logger = logging.getLogger(__name__)
_FARTHEST = 5  # of the fixed offsets that syntax is compared with
_NOWHERE = -1  # where a word sees no other, or is seen by none
_ROWS_OF_A_TABLE = 20


@dataclasses.dataclass(frozen=True)
class HeadPatterns:
    """Where the attention of each head goes, as means over the tokens of texts; prints as a table.

    Args:
        shares: For "itself", "previous", "next" and "same token", which is the same one elsewhere in the row, and for
            each special token, (blocks, heads) float64: the share of a token's attention that goes there. [CLS] is the
            "previous" of the first token, too: shares may overlap.
        entropy: (blocks, heads) float64, in nats: how widely a head spreads its attention.
        even_shares: What the shares would be, were all tokens attended to alike that a token may see.
        even_entropy: The entropy then.
        num_tokens: How many tokens these are means of; special ones do not look, they are looked at.
    """

    shares: Mapping[str, np.ndarray]
    entropy: np.ndarray
    even_shares: Mapping[str, float]
    even_entropy: float
    num_tokens: int

    def strongest(self, where: str) -> tuple[int, int]:
        """Return (block, head) of the head that looks there most.

        Args:
            where: A key of `shares`.

        Raises:
            KeyError: If there is none of that name.
        """
        block, head = np.unravel_index(self.shares[where].argmax(), self.entropy.shape)
        return int(block), int(head)

    def __str__(self) -> str:
        lines = [("head", *self.shares, "entropy")]
        for block, head in np.ndindex(self.entropy.shape):
            shares = (f"{some[block, head]:.3f}" for some in self.shares.values())
            lines.append((f"block {block} head {head}", *shares, f"{self.entropy[block, head]:.2f}"))
        even = (f"{share:.3f}" for share in self.even_shares.values())
        return aligned([*lines, ("all alike", *even, f"{self.even_entropy:.2f}")])


def head_patterns(predictor: Predictor, texts: Texts | Rows) -> HeadPatterns:
    """Measure where the heads of an encoder look in some texts.

    Args:
        predictor: Any whose model has an encoder; an `Embedder` of an encoder alone.
        texts: What the predictor is called with, or `Rows`, such as `predictor.rows(texts, second_texts)`.

    Raises:
        ValueError: If there is no token in the texts, or the encoder's attention has no scores.

    Example:
        >>> from bert_keras.data import WordPieceTokenizer
        >>> from bert_keras.inference import Embedder
        >>> from bert_keras.models import BertEncoder
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> patterns = head_patterns(Embedder(BertEncoder.from_size("tiny", 7), tokenizer), ["so so good", "good"])
        >>> sorted(patterns.shares), patterns.entropy.shape, patterns.num_tokens
        (['[CLS]', '[SEP]', 'itself', 'next', 'previous', 'same token'], (2, 2), 4)

    Reference:
        [Clark et al., 2019](https://arxiv.org/abs/1906.04341), section 3.
    """
    rows = _rows_of(predictor, texts)
    vocabulary = predictor.tokenizer.vocabulary
    layout, sums, even, num_tokens = vocabulary.row_layout, None, None, 0
    special = {vocabulary.tokens[number]: number for number in (*layout.begin, *layout.between, *layout.end)}
    for _, inputs, outputs in inner_outputs(predictor, rows, attention_scores=True):
        token_ids, is_token = inputs["token_ids"], inputs["padding_mask"] > 0
        looks = is_token & ~is_special(token_ids, predictor)
        masks = _places(token_ids, looks, special)
        # (names, batch, length, length): how much of a look at each place counts in each mean
        weights = np.stack([mask * looks[:, :, np.newaxis] for mask in masks.values()]).astype("float32")
        found = []
        may_see = np.zeros(masks["itself"].shape, bool)
        for scores in outputs["attention_scores"]:
            scores = scores.astype("float32")
            may_see |= (scores > 0).any(axis=1)  # not what comes later, of a model that looks back alone
            of_places = np.einsum("nbqk,bhqk->nh", weights, scores, optimize=True)
            information = -scores * np.log(np.maximum(scores, 1e-12))
            found.append(np.vstack([of_places, np.einsum("bq,bhqk->h", looks.astype("float32"), information)]))
        counts = np.maximum(may_see.sum(axis=2), 1)  # (batch, length)
        of_even = [
            *(weights * may_see / counts[:, :, np.newaxis]).sum(axis=(1, 2, 3)),
            (looks * np.log(counts)).sum(),
        ]
        found, of_even = np.stack(found).astype("float64"), np.array(of_even, "float64")
        sums, even = (found, of_even) if sums is None else (sums + found, even + of_even)
        num_tokens += int(looks.sum())
    if not num_tokens:
        raise ValueError("Expected texts with a token or more, received none.")
    names, means, even = list(masks), sums / num_tokens, even / num_tokens
    return HeadPatterns(
        {name: means[:, number] for number, name in enumerate(names)}, means[:, -1],
        dict(zip(names, even[:-1].tolist(), strict=True)), float(even[-1]), num_tokens,
    )  # fmt: skip


def _rows_of(predictor, texts):
    if hasattr(texts, "row_lengths"):
        return texts
    return predictor.rows([texts] if isinstance(texts, str) else texts)


def _places(token_ids, is_text, special):
    """(batch, length, length) masks: the places that a look may go to, by name."""
    length = token_ids.shape[1]
    one = np.ones((len(token_ids), 1, 1), bool)
    is_same = (token_ids[:, :, np.newaxis] == token_ids[:, np.newaxis]) & is_text[:, np.newaxis]
    return {
        "itself": one * np.eye(length, dtype=bool),
        "previous": one * np.eye(length, k=-1, dtype=bool),
        "next": one * np.eye(length, k=1, dtype=bool),
        "same token": is_same & ~np.eye(length, dtype=bool),
    } | {name: (token_ids == number)[:, np.newaxis] * np.ones((1, length, 1), bool) for name, number in special.items()}


@dataclasses.dataclass(frozen=True)
class RelationHits:
    """How often heads find the other end of one syntactic relation.

    Args:
        num_words: Words that depend on another by this relation.
        to_head: (blocks, heads) float64, share of them whose strongest attention goes to the word they depend on.
        from_head: The same for the other direction: whom the words that depend on it look at it more than all others.
        fixed_offset: The place, -1 for the word before, at which that word stands most often.
        fixed_share: The share of these words whose it is: what is found by counting words alone.
    """

    num_words: int
    to_head: np.ndarray
    from_head: np.ndarray
    fixed_offset: int
    fixed_share: float

    def best(self) -> tuple[int, int, str, float]:
        """Return block, head, direction ("to_head" or "from_head") and share of the head that finds most."""
        both = np.stack([self.to_head, self.from_head])
        direction, block, head = np.unravel_index(both.argmax(), both.shape)
        return int(block), int(head), ("to_head", "from_head")[direction], float(both.max())


@dataclasses.dataclass(frozen=True)
class SyntaxHeads:
    """Which heads look along syntactic relations; prints as a table.

    Args:
        relations: By name; "all" is all of them.
        num_skipped: Sentences that were too long for one row.
    """

    relations: Mapping[str, RelationHits]
    num_skipped: int = 0

    def __str__(self) -> str:
        lines = [("relation", "words", "best head", "direction", "share", "fixed offset", "its share")]
        for name, hits in list(self.relations.items())[:_ROWS_OF_A_TABLE]:
            block, head, direction, share = hits.best()
            fixed = (f"{hits.fixed_offset:+d}", f"{hits.fixed_share:.3f}")
            lines.append((name, str(hits.num_words), f"block {block} head {head}", direction, f"{share:.3f}", *fixed))
        return aligned(lines)


def syntax_heads(predictor: Predictor, heads: TaggedSentences, relations: TaggedSentences | None = None) -> SyntaxHeads:
    r"""Measure how often the strongest attention of a word goes to the word that it depends on.

    To a word of several tokens goes the sum of the attention to these, from it their mean. Special tokens, and the word
    itself, are left out.

    Args:
        predictor: Any whose model has an encoder; an `Embedder` of an encoder alone.
        heads: Sentences of CoNLL-U with the number of the word that each depends on, 0 for none, as their tags:
            `read_tagged_sentences(path, scheme=None, tag_column="head")`.
        relations: The same sentences with the names of the relations, `tag_column="deprel"`; None for all in one.

    Raises:
        ValueError: If a tag is no number of a word, the two have other sentences, or the attention has no scores.

    Example:
        >>> import pathlib, tempfile
        >>> from bert_keras.data import WordPieceTokenizer, read_tagged_sentences
        >>> from bert_keras.inference import Embedder
        >>> from bert_keras.models import BertEncoder
        >>> path = pathlib.Path(tempfile.mkdtemp(), "tree.conllu")
        >>> rows = ["1 so _ _ _ _ 2 advmod _ _", "2 good _ _ _ _ 0 root _ _", "3 soup _ _ _ _ 2 dep _ _", ""]
        >>> _ = path.write_text("\n".join(rows).replace(" ", "\t") + "\n")
        >>> heads, relations = (
        ...     read_tagged_sentences(path, scheme=None, tag_column=column) for column in ("head", "deprel")
        ... )
        >>> tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "so", "good"])
        >>> found = syntax_heads(Embedder(BertEncoder.from_size("tiny", 7), tokenizer), heads, relations)
        >>> sorted(found.relations), found.relations["all"].num_words, found.relations["all"].to_head.shape
        (['advmod', 'all', 'dep'], 2, (2, 2))

    Reference:
        [Clark et al., 2019](https://arxiv.org/abs/1906.04341), section 4.2.
    """
    if relations is not None and relations.words != heads.words:
        raise ValueError("Expected the same sentences in heads and relations: read both from one file.")
    heads_of = [_numbers(tags, number) for number, tags in enumerate(heads.tags)]
    rows = WordRows(heads.words, predictor.tokenizer, sequence_length=predictor.sequence_length)
    num_rows = collections.Counter(number for number, _ in rows.windows)
    long = sum(count > 1 for count in num_rows.values())
    if long:
        _logger.warning("%d of %d sentences do not fit into a row of %d tokens and are left out", long, len(heads),
                        predictor.sequence_length)  # fmt: skip
    hits = collections.defaultdict(list)  # from a relation to (offset, hits to the head, hits from it) of its words
    for numbers, inputs, outputs in inner_outputs(predictor, rows, attention_scores=True):
        for place, row in enumerate(numbers):
            number = rows.windows[row][0]
            if num_rows[number] > 1 or len(heads_of[number]) < 2:
                continue
            first = rows.positions_of_words(row)
            end = int(inputs["padding_mask"][place].sum()) - len(rows.layout.end)
            among = np.stack([_among_words(scores[place], first, end) for scores in outputs["attention_scores"]])
            found = [  # (blocks, heads, words) each
                np.where(among.max(axis=axis) > 0, among.argmax(axis=axis), _NOWHERE) for axis in (-1, -2)
            ]
            for word, head in enumerate(heads_of[number]):
                if head >= 0:
                    hit = (head - word, *(some[..., word] == head for some in found))
                    hits["all"].append(hit)
                    if relations is not None:
                        hits[relations.tags[number][word]].append(hit)
    if not hits:
        raise ValueError("Expected sentences with a word that depends on another, received none that fits into a row.")
    in_order = sorted(hits, key=lambda name: -len(hits[name]))
    return SyntaxHeads({name: _relation_hits(hits[name]) for name in in_order}, long)


def _numbers(tags, sentence):
    """Return the word that each word depends on, from 0; -1 for none."""
    if wrong := [tag for tag in tags if not tag.isdecimal() or int(tag) > len(tags)]:
        raise ValueError(
            f"Expected the number of a word, 0 to {len(tags)}, as each tag of sentence {sentence}; received "
            f'{wrong[0]!r}. Read CoNLL-U with tag_column="head" and scheme=None.'
        )
    return [int(tag) - 1 for tag in tags]


def _among_words(scores, first, end):
    """(heads, words, words) attention between words out of that between tokens, (heads, length, length)."""
    scores = np.add.reduceat(scores[:, :, :end].astype("float32"), first, axis=2)
    scores = np.add.reduceat(scores[:, :end], first, axis=1) / np.diff([*first, end])[np.newaxis, :, np.newaxis]
    return np.where(np.eye(len(first), dtype=bool), 0.0, scores)


def _relation_hits(hits):
    offsets, to_head, from_head = zip(*hits, strict=True)
    near = [offset for offset in offsets if abs(offset) <= _FARTHEST] or [1]
    offset, count = collections.Counter(near).most_common(1)[0]
    return RelationHits(len(hits), np.mean(to_head, axis=0), np.mean(from_head, axis=0), offset, count / len(hits))
