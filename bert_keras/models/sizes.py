"""The sizes of BERT that Google published, as plain numbers; those of other families are in their tables."""

from bert_keras.checkpoints.families import BERT

SIZES = BERT.sizes
