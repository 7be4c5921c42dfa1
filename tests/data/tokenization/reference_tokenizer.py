"""Google's WordPiece rules in plain Python, as read from google-research/bert's tokenization.py: the oracle.

Written for the eye, not for speed: a text is a list of (character, index in the original text) pairs all the way.
"""

import random
import re
import unicodedata

CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def is_removed(character):
    return character == "\ufffd" or (unicodedata.category(character) in ("Cc", "Cf") and character not in "\t\n\r")


def is_chinese(character):
    return any(first <= ord(character) <= last for first, last in CHINESE)


def is_punctuation(character):
    return unicodedata.category(character).startswith("P") or character in "$+<=>^`|~"


def normalize(text, lower_case, strip_accents):
    """Cleaned, lowered and stripped (character, index) pairs."""
    pairs = [(character, index) for index, character in enumerate(text) if not is_removed(character)]
    text, indices = "".join(character for character, _ in pairs), [index for _, index in pairs]
    if lower_case:  # as a whole: a final sigma looks at its neighbours, but stays one character
        indices = [index for character, index in zip(text, indices, strict=True) for _ in character.lower()]
        text = text.lower()
    pairs = list(zip(text, indices, strict=True))
    if strip_accents:
        pairs = [(part, index) for character, index in pairs for part in unicodedata.normalize("NFD", character)]
        pairs = [pair for pair in pairs if unicodedata.category(pair[0]) != "Mn"]
    return pairs


def words(pairs):
    """Lists of pairs: cut at whitespace, around punctuation and around Chinese characters."""
    word = []
    for pair in [*pairs, (" ", None)]:
        alone = is_punctuation(pair[0]) or is_chinese(pair[0])
        if pair[0].isspace() or alone:
            if word:
                yield word
            word = []
            if alone:
                yield [pair]
        else:
            word.append(pair)


def pieces(word, vocabulary):
    """(piece, start, end) triples: the longest pieces from the left, or one [UNK]."""
    characters = "".join(character for character, _ in word)
    found, start = [], 0
    while start < len(word) <= 200:
        prefix = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + characters[start:end] in vocabulary), None)
        if end is None:
            break
        found.append((prefix + characters[start:end], word[start][1], word[end - 1][1] + 1))
        start = end
    return found if start == len(word) else [("[UNK]", word[0][1], word[-1][1] + 1)]


def reference_tokenize(text, vocabulary, *, lower_case=True, strip_accents=None, special_tokens=()):
    """(piece, start, end) triples of a text; `special_tokens` stay whole."""
    strip_accents = lower_case if strip_accents is None else strip_accents
    tokens, offset = [], 0
    for part in re.split(f"({'|'.join(map(re.escape, special_tokens))})", text) if special_tokens else [text]:
        if part in special_tokens:
            found = [(part, 0, len(part))]
        else:
            normalized = normalize(part, lower_case, strip_accents)
            found = [piece for word in words(normalized) for piece in pieces(word, vocabulary)]
        tokens += [(piece, offset + start, offset + end) for piece, start, end in found]
        offset += len(part)
    return tokens


def characters(*code_points):
    """The characters of single code points and of ranges (first, last)."""
    ranges = [item if isinstance(item, tuple) else (item, item) for item in code_points]
    return "".join(chr(code_point) for first, last in ranges for code_point in range(first, last + 1))


# Blocks that have not changed since Unicode 13, the oldest table inside TensorFlow 2.21; Python brings its own.
CHARACTER_CLASSES = {
    "ascii": characters((0, 0x7F)),
    "words": "abcdefghijklmnopqrstuvwxyz" * 2 + "ABCDEIJS  ",
    "latin": characters((0x80, 0x24F), (0x1E00, 0x1EFF)),
    "greek and cyrillic": characters(
        (0x370, 0x377), (0x37A, 0x37F), (0x384, 0x38A), 0x38C, (0x38E, 0x3A1), (0x3A3, 0x52F)
    )
    + characters(
        (0x1F00, 0x1F15), (0x1F80, 0x1FB4), (0x1FB6, 0x1FC4), (0x1FE0, 0x1FEF), (0x10A0, 0x10C5), (0x10400, 0x1044F)
    ),
    "final sigma": "ΑΣσς α'.-\u00ad\u0301\u00b7,:aB中\x01",
    "combining marks": characters((0x300, 0x36F)) + "aeiouAEIOU ",
    "control and format": characters((0, 0x1F), (0x7F, 0xA0), 0xAD, 0x600, 0x61C, 0x6DD, 0x180E, (0x2000, 0x200F))
    + characters((0x2028, 0x202F), (0x205F, 0x2064), (0x2066, 0x206F), 0xFEFF, 0xFFFD, 0xE0041),
    "full width": characters((0xFF01, 0xFFBE), 0x3000),
    "general punctuation": characters((0x2010, 0x2027), (0x2030, 0x205E), (0x3001, 0x303F)),
    "chinese": characters((0x4E00, 0x4EFF), (0x3400, 0x341F), (0xF900, 0xFA6D), 0x20000, 0x2A6D6, (0x2B740, 0x2B75F))
    + characters((0x2F800, 0x2F81F), 0x2CEA1, 0x2CEB0, 0x30000),
    "kana and hangul": characters((0x3041, 0x3096), (0x3099, 0x30FF), (0xAC00, 0xACFF), (0x1100, 0x11FF)),
    "arabic and indic": characters((0x61E, 0x6FF), (0x900, 0x97F), (0x980, 0x983), (0xE01, 0xE3A), (0x1D15E, 0x1D164)),
    "symbols and emoji": characters((0x20A0, 0x20BF), (0x2100, 0x218B), (0x1F300, 0x1F64F))
    + "\u200d\ufe0f²³¼$+<=>^`|~",
    "private use and unassigned": characters((0xE000, 0xE00F), 0xFA6E, 0xFA6F, (0xFADA, 0xFAFF), 0x378, 0x379, 0x40000)
    + characters(0x9FFFF, 0xFDD0, 0xFFFE, 0xFFFF, 0xF0000, 0x10FFFD, 0x10FFFF),
}
SNIPPETS = "[MASK] [SEP] [UNK] [PAD] [CLS] [mask] [MA\u200bSK] [unused1] ##ing ## \u0130".split(" ")


def random_text(generator: random.Random, words=()):
    """A text that mixes classes of characters, special tokens, words of `words` and runs of about 200 characters."""
    parts = []
    for _ in range(generator.randint(1, 6)):
        kind = generator.random()
        if kind < 0.1:
            parts.append(generator.choice(SNIPPETS))
        elif kind < 0.15:
            parts.append(generator.choice("aé中ーДά") * generator.randint(195, 205))
        elif kind < 0.3 and words:
            parts.append("".join(generator.choice(words).removeprefix("##") for _ in range(3)))
        else:
            alphabet = generator.choice(list(CHARACTER_CLASSES.values()))
            parts.append("".join(generator.choices(alphabet, k=generator.randint(1, 12))))
        parts.append(generator.choice(["", " "]))
    return "".join(parts)
