"""Makes google_wordpiece.json: random texts as Google's own tokenization.py cuts them.

    python tests/golden/make_google_wordpiece.py path/to/google-research/bert/tokenization.py

The file is that of https://github.com/google-research/bert at commit eedf571, run with Python 3.11 (Unicode 14).
"""

import importlib.util
import json
import random
import sys
import types
from pathlib import Path

HERE = Path(__file__).parent


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(google_file):
    sys.modules["six"] = types.SimpleNamespace(PY2=False, PY3=True)  # all that the file asks of these two
    sys.modules["tensorflow"] = types.SimpleNamespace()
    google = load("tokenization", google_file)
    reference = load("reference_tokenizer", HERE.parent / "data" / "tokenization" / "reference_tokenizer.py")

    generator = random.Random(2018)
    characters = sorted(set("".join(reference.CHARACTER_CLASSES.values())))
    pieces = [piece for piece in generator.sample(characters, 400) if piece.isalnum()]
    pieces += [*"abcdefghijklmnopqrstuvwxyz0123456789!,.'[]#", *"éABC中文日ーДάά", "the", "ing", "mask"]
    tokens = [*pieces, *(f"##{piece}" for piece in pieces)]
    vocabulary = list(dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *tokens]))
    texts = [reference.random_text(generator, vocabulary) for _ in range(120)]
    golden = {"vocabulary": vocabulary, "texts": texts}
    for name, lower_case in (("lower_case", True), ("cased", False)):
        basic = google.BasicTokenizer(do_lower_case=lower_case)
        wordpiece = google.WordpieceTokenizer({token: index for index, token in enumerate(vocabulary)})
        golden[name] = [
            " ".join(p for word in basic.tokenize(text) for p in wordpiece.tokenize(word)) for text in texts
        ]
    (HERE / "google_wordpiece.json").write_text(json.dumps(golden, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
