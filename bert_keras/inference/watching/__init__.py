"""What of each task's validation part can be watched in TensorBoard: `WatchPredictions` shows it."""

from bert_keras.inference.watching.choices import watch_choices
from bert_keras.inference.watching.inside import Inside
from bert_keras.inference.watching.questions import watch_answers
from bert_keras.inference.watching.relations import watch_relations
from bert_keras.inference.watching.tags import watch_tagged
from bert_keras.inference.watching.texts import watch_pairs, watch_texts
from bert_keras.inference.watching.triples import watch_triples

__all__ = [
    "Inside",
    "watch_answers",
    "watch_choices",
    "watch_pairs",
    "watch_relations",
    "watch_tagged",
    "watch_texts",
    "watch_triples",
]
