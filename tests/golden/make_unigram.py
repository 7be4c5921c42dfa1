"""Makes unigram/: two tiny models of SentencePiece, and what transformers makes of some texts by them.

    python tests/golden/make_unigram.py

Run with sentencepiece 0.2.3 and transformers 5.23. The models have a character map of a few lines, since that of the
published models alone is 240 kB.
"""

import json
import tempfile
from pathlib import Path

import sentencepiece
import transformers

HERE = Path(__file__).parent / "unigram"
RULES = {  # what becomes of characters: one to several, several to one, to a space, to nothing
    "ﬁ": "fi",
    "½": "1⁄2",
    "…": "...",
    "Ａ": "A",
    "¨": " \u0308",
    "e\u0301": "é",
    "\t": " ",
    "\n": " ",
    "\xa0": " ",
    "\u2581": " ",
    "\x01": "",
}
SENTENCES = """The lighthouse keeper counted the ships that passed before the rain.
A café near the harbour sold tea, bread and 12 kinds of fish (fried or not).
She said: "the lamp was out at 3.30", and nobody answered.
Counting again, he found that 1⁄2 of the ships had passed the fishing boats...
Any ship that passes the harbour in the rain is counted twice, isn't it?""".split("\n")
TEXTS = [
    "The lighthouse keeper counted the ships.",
    "  ﬁshing   boats…½ of them ",
    "A cafe\u0301 near the\tharbour\u2581sold¨tea",
    "``Tea'' and ''bread`` isn't ``` it'''",
    "Ａ ship\x01s that\xa0passed\x85twice \x01",
    "船が 12,345 Ships 🚢🚢 ραιν ΣΑΣ",
    "[MASK] ships<mask>passed [SEP] the </s> rain <unk>[CLS] <s> <pad> [ MASK]",
    "", " ", "…", "½½", "e\u0301", "🚢",
]  # fmt: skip
MODELS = {
    "albert": (
        "spiece.model",
        dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"]),
    ),
    "xlm_roberta": ("sentencepiece.bpe.model", dict()),
}


def main():
    golden = {"texts": TEXTS}
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        for source, target in RULES.items():
            print(*(" ".join(f"{ord(c):X}" for c in part) for part in (source, target)), sep="\t", file=rules)
        rules.flush()
        for name, (file, options) in MODELS.items():
            (HERE / name).mkdir(parents=True, exist_ok=True)
            with open(HERE / name / file, "wb") as model:
                sentencepiece.SentencePieceTrainer.train(
                    sentence_iterator=iter(SENTENCES), model_writer=model, normalization_rule_tsv=rules.name,
                    vocab_size=200, hard_vocab_limit=False, num_threads=1, minloglevel=2, **options,
                )  # fmt: skip
    for name, kind in (("albert", transformers.AlbertTokenizer), ("xlm_roberta", transformers.XLMRobertaTokenizer)):
        peer = kind.from_pretrained(HERE / name)
        rows = peer(TEXTS, add_special_tokens=False, return_offsets_mapping=True)
        pair = peer(TEXTS[0], TEXTS[1])["input_ids"]
        golden[name] = {"ids": rows["input_ids"], "offsets": rows["offset_mapping"], "pair": pair}
        golden[name]["decoded"] = [peer.decode(ids, clean_up_tokenization_spaces=False) for ids in rows["input_ids"]]
    (HERE / "texts.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main()
