"""Lets training begin sooner on TensorFlow: the step is traced once instead of twice."""

import keras


class TracedOnce:
    """Mixin of a model: the variables that a step needs are there before TensorFlow traces it.

    Keras on TensorFlow makes those of the optimizer and of the metrics inside the first step, after which `tf.function`
    has to trace the step again, since it may make none. MiniLM's first two steps take 10 seconds with this and 17
    without. Keras itself does it on JAX and torch, and on TensorFlow for several devices; there nothing changes.

    Put it before `keras.Model` among the bases. A model whose loss takes its labels from its inputs, where it is given
    none, says so by `derives_labels = True`.

    Example:
        >>> import keras
        >>> import numpy as np
        >>> from bert_keras.training import TracedOnce
        >>> class Model(TracedOnce, keras.Model):
        ...     pass
        >>> inputs = keras.Input((2,))
        >>> model = Model(inputs, keras.layers.Dense(1)(inputs))
        >>> model.compile("adam", "mse", metrics=["mae"])
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)

    Reference:
        `_maybe_symbolic_build` in keras/src/backend/tensorflow/trainer.py of Keras 3.15
    """

    derives_labels = False

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Keras' hook before a step is traced, on TensorFlow."""
        if self._distribute_strategy is not None:
            super()._maybe_symbolic_build(iterator, data_batch)
            return
        if self.run_eagerly:
            return
        if iterator is not None:
            data_batch = _symbolic_batch(iterator._get_iterator().element_spec)
        has_labels = self.derives_labels or keras.utils.unpack_x_y_sample_weight(data_batch)[1] is not None
        if self._compile_loss is not None and not has_labels:
            return  # a step of the model's own knows where the labels are
        self._symbolic_build(data_batch=data_batch)


def _symbolic_batch(element_spec):
    """Tensors without values, of a dataset's shapes; no batch is taken from it."""

    def symbolic(spec):  # what is None in a dataset, such as weights that it does not have, has a spec without shape
        return keras.KerasTensor(tuple(spec.shape), spec.dtype.name) if hasattr(spec, "shape") else None

    return keras.tree.map_structure(symbolic, element_spec)
