"""Makes entity_scores.json with seqeval: random tags in every scheme, scored in its default and its strict mode.

pip install seqeval && PYTHONPATH=. python tests/golden/make_entity_scores.py
"""

import json
import pathlib
import random
import warnings

from seqeval import scheme as schemes
from seqeval.metrics import classification_report

from bert_keras.tagging_schemes import tag_names

THEIRS = {"BIO": schemes.IOB2, "IOB1": schemes.IOB1, "BIOES": schemes.IOBES}
NAMES = {"precision": "precision", "recall": "recall", "f1-score": "f1", "support": "support"}


def main():
    warnings.simplefilter("ignore")
    chosen, cases = random.Random(0), []
    for scheme, theirs in THEIRS.items():
        lengths = [chosen.randint(1, 8) for _ in range(20)]
        true = [chosen.choices(tag_names("abc", scheme), k=length) for length in lengths]
        # Half of the tags are right.
        predicted = [
            [tag if chosen.random() < 0.5 else chosen.choice(tag_names("abc", scheme)) for tag in tags] for tags in true
        ]
        for mode, options in (("default", {}), ("strict", {"mode": "strict", "scheme": theirs})):
            report = classification_report(true, predicted, output_dict=True, **options)
            report["overall"] = report.pop("micro avg")
            scores = {
                label: {NAMES[name]: float(value) for name, value in values.items()}
                for label, values in report.items()
                if not label.endswith(" avg")
            }
            cases.append({"scheme": scheme, "mode": mode, "true": true, "predicted": predicted, "scores": scores})
    path = pathlib.Path(__file__).with_name("entity_scores.json")
    path.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
