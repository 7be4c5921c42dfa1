"""Makes byte_pair.json: random texts as Hugging Face's `tokenizers` cuts them by byte-level BPE.

    PYTHONPATH=. python tests/golden/make_byte_pair.py

Run with tokenizers 0.23.3.
"""

import importlib.util
import json
from pathlib import Path

from bert_keras.data import BytePairTokenizer, SpecialTokens

HERE = Path(__file__).parent


def main():
    spec = importlib.util.spec_from_file_location(
        "byte_pair_reference", HERE.parent / "data" / "tokenization" / "byte_pair_reference.py"
    )
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)

    vocabulary = reference.vocabulary(SpecialTokens.roberta(), number_of_texts=400, size=330)
    texts = [text for _, text in reference.texts(28, seed=2019)]
    golden = {"merges": [" ".join(merge) for merge in vocabulary.merges], "texts": texts}
    for name, options in (("roberta", {}), ("prefix", {"add_prefix_space": True, "trim_offsets": False})):
        tokenizer = BytePairTokenizer(vocabulary, **options)
        encodings = reference.peer(tokenizer).encode_batch(texts)
        golden[name] = [{"ids": e.ids, "offsets": [number for pair in e.offsets for number in pair]} for e in encodings]
    golden["tokens"] = list(vocabulary.tokens)
    (HERE / "byte_pair.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
