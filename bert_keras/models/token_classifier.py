"""The encoder with a head that gives every token a tag."""

import keras

from bert_keras.checkpoints import open_checkpoint
from bert_keras.layers import TokenClassificationHead
from bert_keras.models.batch_inputs import BatchInputs
from bert_keras.models.dtype_config import dtype_config
from bert_keras.models.presets import Presets
from bert_keras.models.pretrained import pretrained_classes, pretrained_encoder
from bert_keras.training.token_statistics import TokenStatistics


@keras.saving.register_keras_serializable(package="bert_keras")
class TokenClassifier(TokenStatistics, Presets, BatchInputs, keras.Model):
    """Gives every token a tag, as in named entity recognition or part-of-speech tagging.

    Inputs are those of the encoder. Output is (batch, length, num_tags) float32 logits, at padding and special tokens
    too: weights of 0 leave those out of a loss.

    Args:
        encoder: `BertEncoder`; its pooler is not used, so nothing trains one: `pooler=False` spares Keras a warning.
        num_tags: number of tags.
        labels: names of the tags in the order of their logits, or None.
        dropout: rate of the dropout before the head. Default 0.1.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where `labels` are not `num_tags` different names.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, TokenClassifier
        >>> encoder = BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False)
        >>> tagger = TokenClassifier(encoder, num_tags=3, labels=("O", "B-PER", "I-PER"))
        >>> ids = np.array([[2, 17, 45, 3]])
        >>> tagger({"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}).shape == (1, 4, 3)
        True

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 5.3.
    """

    def __init__(self, encoder, num_tags, *, labels=None, dropout=0.1, dtype=None, **kwargs):
        if labels is not None and (len(labels) != num_tags or len(set(labels)) != num_tags):
            raise ValueError(f"Expected {num_tags} different labels, received {list(labels)}.")
        dtype = dtype or encoder.dtype_policy

        # === Layers ===
        head = TokenClassificationHead(
            num_tags,
            dropout=dropout,
            kernel_initializer=encoder.kernel_initializer,
            dtype=dtype,
            name="token_classification_head",
        )

        # === Functional model ===
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in encoder.input}
        outputs = head(encoder(inputs)["sequence_output"])
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        self.dtype_policy = keras.dtype_policies.get(dtype)

        # === Config ===
        self.encoder = encoder
        self.num_tags = num_tags
        self.labels = labels if labels is None else list(labels)
        self.dropout = dropout

    @classmethod
    def from_preset(cls, directory, num_tags=None, *, labels=None, dropout=None, **overrides):
        """Load the encoder, and the head where the preset has one for as many tags; otherwise the head is new.

        Args:
            directory: path of a directory with `config.json` and `model.safetensors`.
            num_tags: number of tags, None for as many as there are labels, or as the preset's head has.
            labels: names of the tags, None for those of the preset's head.
            dropout: rate of the dropout in the encoder and before the head, None for the preset's.
            **overrides: arguments of the encoder's constructor that shall differ from the preset's, such as `dtype`.

        Raises:
            FileNotFoundError: where a file is missing.
            ValueError: where a file is damaged, describes a model that we do not have, a weight does not fit, the
                number of tags cannot be told, or the head was trained for other `labels`.
        """
        checkpoint = open_checkpoint(directory)
        num_tags, labels, new = pretrained_classes(
            checkpoint, "token_classification_head", num_tags, labels, argument="num_tags"
        )
        tagger = cls(
            pretrained_encoder(checkpoint, pooler=False, dropout=dropout, **overrides),
            num_tags,
            labels=labels,
            dropout=checkpoint.classifier_dropout if dropout is None else dropout,
        )
        tagger._load(checkpoint, new=new)
        return tagger

    def _huggingface_form(self):
        return "BertForTokenClassification", {
            "labels": self.labels and list(self.labels),
            "num_classes": self.num_tags,
            "classifier_dropout": self.dropout,
        }

    def get_config(self):
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_config(self),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "num_tags": self.num_tags,
            "labels": self.labels and list(self.labels),
            "dropout": self.dropout,
        }

    @classmethod
    def from_config(cls, config):
        """Build the model around its encoder."""
        return cls(**config | {"encoder": keras.saving.deserialize_keras_object(config["encoder"])})
