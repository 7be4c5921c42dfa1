"""What a byte-pair tokenizer is held against: Hugging Face's `tokenizers`, on random texts of 14 kinds.

PYTHONPATH=. python tests/data/tokenization/byte_pair_reference.py 200000  # compares so many, and prints what differs
"""

import json
import random
import sys
from collections import Counter

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from bert_keras.data.tokenization.added_tokens import AddedToken, SpecialTokens
from bert_keras.data.tokenization.byte_alphabet import ALPHABET
from bert_keras.data.tokenization.byte_pair_tokenizer import BytePairTokenizer
from bert_keras.data.tokenization.byte_pair_vocabulary import BytePairVocabulary

SPACES = "  \t\n\r\v\f\x1c\x85\xa0\u1680\u2000\u2003\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
CHARACTERS = {
    "ascii": "".join(map(chr, range(32, 127))) + "   eeettaa",
    "latin": "àéîõüßçñøåÅÉæœŁžİıſ ǅǆ  aen.",
    "combining": "aeEiouAoUก็이 \u0300\u0301\u0327\u0308\u0323\u0345\u20dd\u0344\u0958\u1100\u1161\u11a8"
    "\u2126\u212b\u2000",
    "cjk": "中文漢字日本語かなガギ゙カ ー。、「」丽\uf900𠀀𪚥 1a",
    "arabic": "العربية مرحبا ١٢٣ ۴۵ \u064b\u0651\u200f،؟ﷺ",
    "hebrew": "שלום עולם \u05b0\u05bc\u05c1 אב\u200e״׳ 12",
    "emoji": "😀👍🏽👩\u200d💻❤\ufe0f🇫🇷☺ 1\u20e3a  ",
    "hangul": "한국어각힣ㄱㅏ \u1112\u1161\u11ab가나 1.",
    "spaces": SPACES + "ab.1'",
    "controls": "".join(map(chr, range(32))) + "\x7f\x80\x85\x9f\xad\u200e\u2066\ufdd0\ufffd\ufffea ",
    "digits": "0123456789٠١२३௧௨๑๒Ⅷ½²①𝟘𝟙 a.,-",
    "contractions": "'s|'t|'re|'ve|'m|'ll|'d|'S|'|’s|''| |  |don|it|s|we|\n|1".split("|"),
    "urls": "http://|www.|example|.com|/|?q=|&|#|a_b|-|%20|@|:| |42|~|(x)|  ".split("|"),
    "any": None,
}  # fmt: skip
WORDS = (
    "the of and to in that was his he it with had is my for as on but her you so hello world naïve été 日本 мир".split()
)
MASKS = ["<mask>", "[MASK]", "</s>", "<s>", "[SEP]", "<x>", "<|end|>", "|||IP|||", "   ", "\n", "<", "]"]


def random_text(generator: random.Random, kind: str) -> str:
    """Make a text of up to 40 parts, mostly of one kind."""
    characters = CHARACTERS[kind]
    parts = []
    for _ in range(generator.randrange(0, 40)):
        draw = generator.random()
        if draw < 0.1:
            parts.append(" " + generator.choice(WORDS))
        elif draw < 0.16:
            parts.append(generator.choice(SPACES) * generator.randrange(1, 4))
        elif draw < 0.19:
            parts.append(generator.choice(MASKS))
        elif characters is None:
            code_point = generator.randrange(0x110000 if generator.random() < 0.5 else 0x3000)
            parts.append(chr(code_point) if not 0xD800 <= code_point < 0xE000 else "?")
        else:
            parts.append(generator.choice(characters))
    return "".join(parts)


def texts(number: int, seed: int = 0) -> list[tuple[str, str]]:
    """Make random texts, each with its kind."""
    generator, kinds = random.Random(seed), list(CHARACTERS)
    return [(kinds[i % len(kinds)], random_text(generator, kinds[i % len(kinds)])) for i in range(number)]


def vocabulary(special_tokens: SpecialTokens, number_of_texts: int = 3000, size: int = 1500) -> BytePairVocabulary:
    """Train a vocabulary on random texts, with the added tokens among the rest."""
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=list(ALPHABET), show_progress=False, min_frequency=2
    )
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator([text for _, text in texts(number_of_texts, seed=1)], trainer)
    tokens = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    added = [token.content for token in special_tokens.added if token.content not in tokens]
    return BytePairVocabulary([*added[:3], *tokens, *added[3:]], merges, special_tokens)


def peer(tokenizer) -> tokenizers.Tokenizer:
    """Build the same tokenizer with `tokenizers`."""
    ours = tokenizer.vocabulary
    ids = {token: index for index, token in enumerate(ours.tokens)}
    theirs = tokenizers.Tokenizer(models.BPE(ids, [tuple(merge) for merge in ours.merges]))
    byte_level = dict(add_prefix_space=tokenizer.add_prefix_space, trim_offsets=tokenizer.trim_offsets)
    theirs.pre_tokenizer = pre_tokenizers.ByteLevel(**byte_level)
    theirs.post_processor = processors.ByteLevel(**byte_level)
    theirs.decoder = decoders.ByteLevel()
    if tokenizer.compose:
        theirs.normalizer = normalizers.NFC()
    for token in ours.special_tokens.added:
        flags = dict(lstrip=token.lstrip, rstrip=token.rstrip, normalized=token.normalized, special=token.special)
        added = tokenizers.AddedToken(token.content, **flags)
        theirs.add_special_tokens([added]) if token.special else theirs.add_tokens([added])
    theirs.encode_special_tokens = tokenizer.split_special_tokens
    return theirs


def modern() -> SpecialTokens:
    """Return special tokens as ModernBERT has them, with words and runs of spaces that are added."""
    bert = SpecialTokens.bert()
    spaces = [AddedToken(" " * length, special=False, normalized=True) for length in range(2, 8)]
    more = [AddedToken("|||IP|||", special=False, normalized=True), AddedToken("<|end|>")]
    more.append(AddedToken("<x>", special=False, rstrip=True))
    return SpecialTokens(**{**vars(bert), "added": (*bert.added, *spaces, *more)})


CONFIGURATIONS = {
    "roberta": (SpecialTokens.roberta, {}),
    "prefix": (SpecialTokens.roberta, {"add_prefix_space": True}),
    "untrimmed": (SpecialTokens.roberta, {"add_prefix_space": True, "trim_offsets": False}),
    "split": (SpecialTokens.roberta, {"split_special_tokens": True}),
    "modernbert": (modern, {"compose": True, "trim_offsets": False}),
    "modern_trimmed": (modern, {"trim_offsets": True, "add_prefix_space": True}),
}


def differences(tokenizer, kinds_and_texts):
    """Yield (kind, text, what, ours, theirs) where the two tokenizers differ."""
    theirs = peer(tokenizer)
    for begin in range(0, len(kinds_and_texts), 2000):
        some = kinds_and_texts[begin : begin + 2000]
        lines = [text for _, text in some]
        ids, starts, ends = (part.to_list() for part in tokenizer.tokenize_with_offsets(lines))
        alone = tokenizer(lines).to_list()
        back = [text.decode("utf-8", "replace") for text in tokenizer.detokenize(tokenizer(lines)).numpy()]
        for number, (encoding, (kind, text)) in enumerate(zip(theirs.encode_batch(lines), some, strict=True)):
            offsets = list(zip(starts[number], ends[number], strict=True))
            if not ids[number] == alone[number] == encoding.ids:
                yield kind, text, "ids", ids[number], encoding.ids
            elif offsets != encoding.offsets:
                yield kind, text, "offsets", offsets, encoding.offsets
            elif (
                not {"<", "[", "|"} & {*text}
                and back[number] != text
                and not (tokenizer.compose or tokenizer.add_prefix_space)
            ):
                yield kind, text, "text", back[number], text


def main(number):
    for name, (special_tokens, options) in CONFIGURATIONS.items():
        tokenizer = BytePairTokenizer(vocabulary(special_tokens()), **options)
        found, counts = 0, Counter()
        for kind, text, what, ours, theirs in differences(tokenizer, texts(number // len(CONFIGURATIONS), seed=2)):
            found, counts[kind, what] = found + 1, counts[kind, what] + 1
            if found <= 4:
                print(name, kind, what, ascii(text), ours, theirs, sep="\n    ")
        print(name, found, dict(counts), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
