"""What a runtime must do, and which there are."""

from typing import Any, Protocol

import keras

from bert_keras.inference.runtimes.openvino_runtime import OpenVinoRuntime


class Runtime(Protocol):
    """Takes a network out of Keras and runs it as it was at that moment.

    `obstacle` says in a few words what stands in its way on this machine, a missing package with the command that
    brings it; None where nothing does. `prepare` gives an object with Keras' `predict_on_batch`.
    """

    version: str

    def obstacle(self) -> str | None:
        """Tell why no network runs here, None where they do."""

    def prepare(self, network: keras.Model) -> Any:
        """Take over a network with its weights.

        Args:
            network: What a predictor runs, from a dict of arrays to one array or a dict of them.

        Raises:
            ValueError: If the runtime has not all that the network computes with.
        """


RUNTIMES: dict[str, Runtime] = {"openvino": OpenVinoRuntime()}
