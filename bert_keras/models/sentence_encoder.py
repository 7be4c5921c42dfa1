"""The encoder that makes one vector of a text, near to those of texts that mean the like."""

import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from bert_keras.checkpoints import write_modules
from bert_keras.checkpoints.checkpoint import Checkpoint
from bert_keras.checkpoints.families import family_named
from bert_keras.checkpoints.sentence_transformers import SIMILARITIES
from bert_keras.layers import MergeChoices, SentenceHead, SplitChoices
from bert_keras.models.encoder import BertEncoder
from bert_keras.models.recomputed_rows import recomputed_rows
from bert_keras.models.task_model import TaskModel
from bert_keras.models.text_vector import text_vector
from bert_keras.training.losses.multiple_negatives_ranking_loss import MultipleNegativesRankingLoss
from bert_keras.training.target_kinds import VECTORS

POOLINGS = ("mean", "first", "max", "pooled")
_HEAD = "sentence_head"


@keras.saving.register_keras_serializable(package="bert_keras")
class SentenceEncoder(TaskModel):
    """Gives each text a vector: for search, duplicates and clusters.

    Inputs are those of the encoder with one more axis, (batch, texts, length) int32: 1 text a row, a pair, or an anchor
    with its positive and negatives. The encoder reads every text by itself. Output is (batch, texts, dim) float32; the
    losses of `bert_keras.training`, such as `MultipleNegativesRankingLoss` and `CoSENTLoss`, compare the texts of a
    row. `text_model` is the same for a text a row, (batch, length).

    A preset is a directory of sentence-transformers: it reads what is saved here, and what it saved is read here.

    Args:
        encoder: `BertEncoder`.
        pooling: "mean" of all tokens, as for MiniLM; "first", [CLS], as for BGE; "max", the largest value of each
            dimension; or "pooled", the encoder's pooled output, which presets keep as the first token and a dense
            layer. Default "mean".
        num_pooled_layers: of how many of the last layers the mean is pooled. Default 1.
        dense_dim: width of a dense layer behind the pooling, None for none. Default None.
        dense_activation: its activation function. Default "tanh".
        dense_bias: whether it has a bias. Default True.
        normalize: whether vectors are scaled to length 1, for dot products that are cosines. Default False.
        output_dim: how many of the first numbers of a vector are kept, for what was trained with a `MatryoshkaLoss`;
            they are not scaled anew. Default None, all.
        sequence_length: longest row, special tokens included, None for as many as the encoder has positions.
        prompts: {name: what stands before a text}, as some encoders were trained to read queries, or None.
        default_prompt: name of the prompt that is taken where none is asked for, or None.
        similarity: how vectors are compared: "cosine", "dot", "euclidean" or "manhattan"; presets note it. Default
            "cosine".
        mini_batch_size: how many texts are encoded at once in training. The loss is that of the whole batch with its
            gradients, for memory that does not grow with it, and a second forward pass of each text. Presets do not
            keep it. Default None, all at once.
        dtype: dtype or policy of the head, None for the encoder's.
        **kwargs: arguments of `keras.Model`.

    Raises:
        ValueError: where there is no such pooling, prompt or similarity, a number is below 1 or above what the encoder
            has, or "pooled" is asked of an encoder without a pooler.

    Example:
        >>> import numpy as np
        >>> from bert_keras.models import BertEncoder, SentenceEncoder
        >>> model = SentenceEncoder(BertEncoder.from_size("tiny", vocabulary_size=100, pooler=False), normalize=True)
        >>> ids = np.array([[[2, 17, 3], [2, 45, 3]], [[2, 18, 3], [2, 46, 3]]])
        >>> x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": 0 * ids + 1}
        >>> model(x).shape == (2, 2, 128)
        True
        >>> model.compile("adam")  # MultipleNegativesRankingLoss
        >>> history = model.fit(x, np.array([0, 1]), verbose=0)

    Reference:
        [Reimers and Gurevych, 2019](https://arxiv.org/abs/1908.10084), section 3;
        [Gao et al., 2021](https://arxiv.org/abs/2101.06983) for `mini_batch_size`
    """

    heads, target_kinds = (_HEAD,), VECTORS
    shaping = ("dense_dim", "dense_bias")

    def __init__(
        self, encoder: BertEncoder, *, pooling: str = "mean", num_pooled_layers: int = 1, dense_dim: int | None = None,
        dense_activation: str = "tanh", dense_bias: bool = True, normalize: bool = False,
        output_dim: int | None = None, sequence_length: int | None = None, prompts: Mapping[str, str] | None = None,
        default_prompt: str | None = None, similarity: str = "cosine", mini_batch_size: int | None = None,
        dtype: str | keras.DTypePolicy | None = None, **kwargs: Any,
    ):  # fmt: skip
        _check_pooling(encoder, pooling, num_pooled_layers, dense_dim)
        width = dense_dim or encoder.hidden_dim
        most = {"dense_dim": None, "output_dim": width, "sequence_length": encoder.max_sequence_length}
        most["mini_batch_size"] = None
        numbers = (dense_dim, output_dim, sequence_length, mini_batch_size)
        for (name, largest), number in zip(most.items(), numbers, strict=True):
            if number is not None and (number < 1 or (largest is not None and number > largest)):
                limit = "1 or more" if largest is None else f"from 1 to {largest}"
                raise ValueError(f"Expected {name} to be {limit}, received {number}.")
        if default_prompt is not None and default_prompt not in (prompts or {}):
            raise ValueError(f"Expected default_prompt to be a name in prompts, received {default_prompt!r}.")
        if similarity not in SIMILARITIES:
            raise ValueError(f"Expected similarity to be one of {', '.join(SIMILARITIES)}; received {similarity!r}.")
        policy = dtype or encoder.dtype_policy
        head = SentenceHead(
            dense_dim=dense_dim, dense_activation=dense_activation, dense_bias=dense_bias, normalize=normalize,
            output_dim=output_dim, kernel_initializer=encoder.kernel_initializer, dtype=policy, name=_HEAD,
        )  # fmt: skip
        pooled = {"pooling": pooling, "num_pooled_layers": num_pooled_layers, "dtype": policy}
        inputs = {name: keras.Input((None, None), dtype="int32", name=name) for name in encoder.input}
        rows = {name: MergeChoices(name=f"merge_{name}")(value) for name, value in inputs.items()}
        vectors = head(text_vector(encoder, rows, **pooled))
        outputs = SplitChoices(dtype="float32", name="split_texts")(vectors, inputs["token_ids"])
        super().__init__(encoder, inputs, outputs, dtype=dtype, **kwargs)
        alone = encoder.new_inputs()
        text_model = keras.Model(alone, head(text_vector(encoder, alone, **pooled)), name="text_model")
        vars(self)["_text_model"] = text_model  # not an attribute that Keras would track, and save twice
        self.pooling = pooling
        self.num_pooled_layers = num_pooled_layers
        self.dense_dim = dense_dim
        self.dense_activation = dense_activation
        self.dense_bias = dense_bias
        self.normalize = normalize
        self.output_dim = output_dim
        self.sequence_length = sequence_length
        self.prompts = None if prompts is None else dict(prompts)
        self.default_prompt = default_prompt
        self.similarity = similarity
        self.mini_batch_size = mini_batch_size

    @property
    def text_model(self) -> keras.Model:
        """The model of the same layers from the encoder's inputs, (batch, length), to vectors, (batch, dim)."""
        return vars(self)["_text_model"]

    @property
    def vector_dim(self) -> int:
        """Width of the vectors."""
        return self.output.shape[-1]

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Encode the texts; in training by `mini_batch_size` at once."""
        if not training or self.mini_batch_size is None:
            return super().call(inputs, training=training, mask=mask)
        inputs = {name: ops.convert_to_tensor(value, "int32") for name, value in self._own_inputs(inputs).items()}
        batch, texts, length = ops.shape(inputs["token_ids"])
        rows = {name: ops.reshape(value, (-1, length)) for name, value in inputs.items()}
        vectors = recomputed_rows(self.text_model, rows, self.mini_batch_size)
        return ops.reshape(vectors, (batch, texts, self.vector_dim))

    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
        callbacks: Any = None, *args: Any, **kwargs: Any,
    ) -> keras.callbacks.History:  # fmt: skip
        """As `keras.Model.fit`.

        Raises:
            ValueError: where nothing would be learnt, since all rows of two texts are one group: of arrays at once, of
                a dataset behind the first epoch.
        """
        loss = getattr(self.loss, "loss", self.loss)  # in a `MatryoshkaLoss`
        if isinstance(loss, MultipleNegativesRankingLoss) and len(np.shape(y)) == 1 and len(y) > 1:
            groups = ops.convert_to_numpy(y)
            if (groups == groups[0]).all() and np.shape(x["token_ids"])[1] == 2:
                raise ValueError(
                    f"Expected groups of rows, of which only those of different groups are compared; received "
                    f"{groups[0]} for all {len(groups)}: np.arange({len(groups)}) says that all are different."
                )
        if isinstance(loss, MultipleNegativesRankingLoss):
            if isinstance(callbacks, keras.callbacks.CallbackList):
                callbacks.append(_ExpectComparisons())
            else:
                callbacks = [*keras.tree.flatten(callbacks or []), _ExpectComparisons()]
        return super().fit(x, y, batch_size, epochs, verbose, callbacks, *args, **kwargs)

    def with_arguments(self, **changes: Any) -> "SentenceEncoder":
        """Make a sentence encoder around the same encoder, with the same dense layer, and other arguments.

        Args:
            **changes: arguments of the constructor; `dense_dim` makes a new dense layer.
        """
        names = (name for name in self.own_arguments() if name not in self.parts)
        arguments = {name: getattr(self, name) for name in names} | changes
        model = SentenceEncoder(self.encoder, **arguments)
        ours, theirs = (some.get_layer(_HEAD) for some in (self, model))
        if [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]:
            theirs.set_weights(ours.get_weights())
        model.load_report = self.load_report
        return model

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Give the vectors back as they are.

        Args:
            outputs: (batch, texts, dim) array.
        """
        return np.asarray(outputs)

    @classmethod
    def needs_pooler(cls, *, pooling: str = "mean", **arguments: Any) -> bool:
        """Tell whether the vectors are made of the pooled output."""
        return pooling == "pooled"

    @classmethod
    def preset_arguments(cls, checkpoint: Checkpoint, **asked: Any) -> tuple[dict, bool]:
        """Decide on the constructor's arguments: what is asked for, else what the modules of the preset say."""
        if not checkpoint.is_sentence_encoder:
            return super().preset_arguments(checkpoint, **asked)
        modules = checkpoint.sentence_modules()
        if modules["sequence_length"] is not None:
            most = checkpoint.encoder_arguments["max_sequence_length"]
            modules["sequence_length"] = min(modules["sequence_length"], most)
        if modules["output_dim"] is not None:  # sentence-transformers cuts at most what is there
            width = modules.get("dense_dim") or checkpoint.encoder_arguments["hidden_dim"]
            modules["output_dim"] = min(modules["output_dim"], width)
        is_same = all(asked.get(name, modules.get(name)) == modules.get(name) for name in cls.shaping)
        return modules | asked, is_same

    def save_to_preset(
        self, directory: str | os.PathLike, *, format: str | None = None, max_shard_bytes: int | None = None
    ) -> None:
        """Write the model so that sentence-transformers and `from_preset` read it; the tokenizer adds its files.

        Args:
            directory: as for `PresetModel.save_to_preset`.
            format: "huggingface", or "keras" for what bert_keras alone reads, such as an attention of one's own.
            max_shard_bytes: as for `PresetModel.save_to_preset`.

        Raises:
            ValueError: for another format, of which none has such a model.
        """
        format = format or self._preset_format()
        if format == "keras":
            super().save_to_preset(directory, format=format)
            return
        if format != "huggingface":
            raise ValueError(
                f"The format {format!r} has no sentence encoders; save model.encoder there, or the model in "
                '"huggingface" or "keras".'
            )
        dense, pooling, activation = None, self.pooling, self.dense_activation
        if self.pooling == "pooled":
            layer, pooling, activation = self.encoder.get_layer("pooler").dense, "first", "tanh"
        else:
            layer = self.get_layer(_HEAD).dense
        if layer is not None:
            kernel, bias = (None if w is None else ops.convert_to_numpy(w) for w in (layer.kernel, layer.bias))
            dense = kernel.astype("float32"), None if bias is None else bias.astype("float32")
        self.encoder.save_to_preset(directory, format=format, max_shard_bytes=max_shard_bytes)
        write_modules(
            directory, self.encoder.hidden_dim, self.encoder.num_layers, pooling=pooling, dense=dense,
            dense_activation=activation, sequence_length=self.sequence_length or self.encoder.max_sequence_length,
            leaves_out_pooler=not self.encoder.pooler and bool(family_named(self.encoder.family).pooler),
            **{name: getattr(self, name) for name in _NOTED},
        )  # fmt: skip


class _ExpectComparisons(keras.callbacks.Callback):
    """Refuses a first epoch whose loss is 0 to the bit: no row was compared with another."""

    is_first = True

    def on_epoch_end(self, epoch, logs=None):
        if self.is_first and (logs or {}).get("loss") == 0.0:
            raise ValueError(
                "The loss of an epoch is exactly 0: in no batch there were rows of different groups, and nothing was "
                "learnt. Batches of MultipleNegativesRankingLoss need several rows, and y a number for each group."
            )
        self.is_first = False


_NOTED = ("num_pooled_layers", "normalize", "output_dim", "prompts", "default_prompt", "similarity")


def _check_pooling(encoder, pooling, num_pooled_layers, dense_dim):
    if pooling not in POOLINGS:
        raise ValueError(f"Expected pooling to be one of {', '.join(POOLINGS)}; received {pooling!r}.")
    if not 1 <= num_pooled_layers <= encoder.num_layers:
        raise ValueError(
            f"Expected num_pooled_layers to be from 1 to {encoder.num_layers}, received {num_pooled_layers}."
        )
    if pooling == "pooled":
        if not encoder.pooler:
            raise ValueError('pooling="pooled" needs an encoder with a pooler; choose "mean", "first" or "max".')
        if num_pooled_layers > 1 or dense_dim is not None:
            raise ValueError(
                'pooling="pooled" is a dense layer on the last layer\'s first token: num_pooled_layers and dense_dim '
                'are for the others, such as "first".'
            )
