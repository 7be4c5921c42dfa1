"""What became of every weight when a checkpoint was loaded."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class LoadReport:
    """Says which weights were loaded, which are new, and which tensors of the file nobody asked for.

    Args:
        source: the file that was read.
        loaded: canonical names of the weights that came from the file.
        new: canonical names of the weights that the file does not have; they keep their initial values.
        unused: names, as in the file, of tensors that the model has no place for.

    Example:
        >>> from bert_keras.checkpoints import LoadReport
        >>> print(LoadReport("model.safetensors", loaded=("pooler/dense/kernel",), new=("masked_lm_head/bias",)))
        model.safetensors: 1 weight loaded; 1 new, with initial values: masked_lm_head/bias
    """

    source: str
    loaded: tuple = ()
    new: tuple = ()
    unused: tuple = ()

    def __str__(self):
        parts = [f"{self.source}: {len(self.loaded)} weight{'' if len(self.loaded) == 1 else 's'} loaded"]
        if self.new:
            parts.append(f"{len(self.new)} new, with initial values: {', '.join(self.new)}")
        if self.unused:
            parts.append(f"{len(self.unused)} in the file unused: {', '.join(self.unused)}")
        return "; ".join(parts)
