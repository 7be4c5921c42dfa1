"""Readers and writers of weight formats: numpy in, numpy out, no Keras.

A canonical weight name is the path of the variable inside the model, such as
"encoder_block_3/attention/query_key_value/kernel".
"""

from bert_keras.checkpoints.huggingface import HuggingFaceCheckpoint, write_huggingface
from bert_keras.checkpoints.load_report import LoadReport

__all__ = ["HuggingFaceCheckpoint", "LoadReport", "write_huggingface"]
