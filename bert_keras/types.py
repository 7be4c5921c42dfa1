"""The types that many signatures name."""

from typing import Any

Tensor = Any  # of the backend, or `keras.KerasTensor`; Keras has no type for both
Shape = tuple[int | None, ...]
Logs = dict[str, Any] | None  # of Keras' callbacks
Initializer = Any  # `keras.initializers.Initializer`, its name or its config
DType = Any  # `keras.DTypePolicy`, or a name such as "bfloat16"
