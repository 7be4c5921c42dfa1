"""Random texts in classes of characters, and other people's unigram tokenizers of one vocabulary: the oracles."""

import random
import re
import unicodedata

from bert_keras.data.tokenization.unigram_family import ALBERT


def characters(*code_points):
    """The characters of single code points, of ranges (first, last) and of texts."""
    parts = []
    for item in code_points:
        if isinstance(item, str):
            parts.append(item)
        else:
            first, last = item if isinstance(item, tuple) else (item, item)
            parts.append("".join(map(chr, range(first, last + 1))))
    return "".join(parts)


SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u2003\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
CHARACTER_CLASSES = {
    "ascii": characters((0x20, 0x7E)),
    "latin accents": characters((0xA0, 0x24F), (0x1E00, 0x1EFF), "aeiouAEIOU  "),
    "combining marks": characters((0x300, 0x34E), (0x350, 0x36F), "aeiouAEIOUnc   "),
    "cjk": characters((0x4E00, 0x4EFF), (0x3041, 0x3096), (0x3099, 0x30FF), (0xFF01, 0xFFBE), (0x3000, 0x3002)),
    "greek and cyrillic": characters((0x391, 0x3A1), (0x3A3, 0x3C9), (0x400, 0x45F), "ΣΣσς   "),
    "arabic": characters((0x61E, 0x6FF), (0xFB50, 0xFBB1), (0xFE70, 0xFE74), "     "),
    "hebrew": characters((0x591, 0x5C7), (0x5D0, 0x5EA), (0xFB1D, 0xFB36), (0xFB38, 0xFB3C), "   "),
    "emoji": characters((0x1F300, 0x1F64F), (0x1F3FB, 0x1F3FF), (0x1F1E6, 0x1F1FF), "\u200d\u200d\ufe0f❤♂  "),
    "hangul": characters((0xAC00, 0xACFF), (0x1100, 0x1112), (0x1161, 0x1175), (0x11A8, 0x11C2), "   "),
    "whitespace": characters(SPACES, "\u2581\u2060 ", "abcdefgh" * 3),
    "control": characters((0, 0x1F), (0x7F, 0x9F), 0xAD, (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F))
    + characters(0xFFFD, 0xFDD0, 0xFDD3, 0xFFFF, 0x10FFFF, 0xE000, "abcdefghij" * 3),
    "digits": "0123456789" * 3 + ",.,.-/ %½¼²³①⑳Ⅷ１２３٣",
    "quotes": "``''\"'`“”‘’«»„…—–-().,;:!? ab",
}
WORDS = "The quick brown fox jumped over lazy dogs and Emma handsome clever rich Hartfield ﬁne oﬃce".split()
SPECIALS = "[MASK] [CLS] [SEP] <pad> <unk> <s> </s> <mask> [mask] [ MASK] <unk".split()
CLASSES = (*CHARACTER_CLASSES, "words", "urls", "mixed")


def random_text(generator: random.Random, name: str, specials=()) -> str:
    """A text of a class; `specials` are strewn into the mixed ones."""
    choose, number = generator.choice, generator.randint
    if name == "words":
        typed = ["".join(generator.choices("etaoinshrdlu", k=number(1, 9))) for _ in range(14)]
        return " ".join(choose([choose(WORDS), choose(WORDS), choose(typed)]) for _ in range(number(1, 14))) + choose(
            ".!…"
        )
    if name == "urls":
        path = "".join(generator.choices("abcdefghijklmnop0123456789/._-?=&%~+:", k=number(3, 30)))
        return choose(["http://", "https://www.", "mailto:", "C:\\", "@", "#"]) + path
    if name == "mixed":
        parts = [random_text(generator, choose(CLASSES[:-1]))[:12] for _ in range(number(2, 6))]
        return "".join(part + choose(["", " ", *specials]) for part in parts)
    return "".join(generator.choices(CHARACTER_CLASSES[name], k=number(0, 24)))


def albert_text(text: str, lower_case: bool = True, strip_accents: bool = True) -> str:
    """What ALBERT does to a text before SentencePiece, by Python's tables."""
    text = text.replace("``", '"').replace("''", '"')
    if strip_accents:
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) != "Mn")
    return "".join(c.lower() for c in text) if lower_case else text


def sentencepiece_ids(vocabulary, texts, **albert):
    """The ids of the package `sentencepiece`, special tokens of the text not found."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=vocabulary.to_model().serialize())
    # Two kinds of spaces are ends of words in transformers, characters in SentencePiece.
    texts = [re.sub("\x85", " ", text) for text in texts]
    if vocabulary.family is ALBERT:
        return processor.encode([albert_text(text, **albert) for text in texts])
    unknown = vocabulary.unk_id
    return [[index + 1 if index > 2 else unknown for index in ids] for ids in processor.encode(texts)]


def tokenizers_peer(vocabulary, *, lower_case=True, strip_accents=True):
    """The tokenizer of transformers 5.23, out of the parts of `tokenizers`, as its two classes put them together."""
    from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

    model = vocabulary.model
    peer = Tokenizer(models.Unigram(list(zip(model.pieces, model.scores)), unk_id=vocabulary.unk_id))
    steps = []
    if vocabulary.family is ALBERT:
        steps += [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
        steps += [normalizers.NFKD(), normalizers.StripAccents()] if strip_accents else []
        steps += [normalizers.Lowercase()] if lower_case else []
    if model.character_map.content:
        steps.append(normalizers.Precompiled(model.character_map.content))
    peer.normalizer = normalizers.Sequence(steps)
    metaspace = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    peer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace])
    peer.add_special_tokens([AddedToken(token, normalized=False) for token in vocabulary.special_tokens])
    return peer
