"""Readers and writers of weight formats: numpy in, numpy out; only those of KerasHub see Keras.

A canonical weight name is the path of the variable inside the model, such as
"encoder_block_3/attention/query_key_value/kernel".
"""

from bert_keras.checkpoints.google import GoogleCheckpoint, write_google
from bert_keras.checkpoints.huggingface import HuggingFaceCheckpoint, write_huggingface
from bert_keras.checkpoints.keras_hub import KerasHubCheckpoint
from bert_keras.checkpoints.keras_hub_building import build_keras_hub
from bert_keras.checkpoints.load_report import LoadReport
from bert_keras.checkpoints.open_checkpoint import open_checkpoint
from bert_keras.checkpoints.sentence_transformers import read_modules, write_modules

__all__ = [
    "GoogleCheckpoint",
    "HuggingFaceCheckpoint",
    "KerasHubCheckpoint",
    "LoadReport",
    "build_keras_hub",
    "open_checkpoint",
    "read_modules",
    "write_google",
    "write_huggingface",
    "write_modules",
]
