"""Files of weights that are pickles: never read here, but refused with the command that converts them."""

import pathlib
import shlex
from collections.abc import Sequence

PICKLES = (".bin", ".pt", ".pth")
_CONVERSION = (
    "import sys, torch, safetensors.torch; "
    'read = [torch.load(path, weights_only=True, map_location="cpu") for path in sys.argv[1:-1]]; '
    'read = [one.get("state_dict", one) for one in read]; '
    "safetensors.torch.save_file({name: tensor.clone().contiguous() for one in read for name, tensor in one.items() "
    'if torch.is_tensor(tensor)}, sys.argv[-1], {"format": "pt"})'
)


def pickle_advice(directory: pathlib.Path, pickles: Sequence[str], target: str) -> str:
    """Say why a pickle is not read, and how it becomes a file that is.

    Args:
        directory: path of the folder.
        pickles: names of the pickles in it.
        target: name of the file that takes their place.
    """
    paths = (shlex.quote(str(directory / name)) for name in (*pickles, target))
    ending = pathlib.Path(pickles[0]).suffix
    return (
        f"A {ending} file is a pickle, which can run any code when it is read, so it never is here. This command, "
        f"with torch 2.6 or newer, reads tensors alone and converts it: python -c '{_CONVERSION}' {' '.join(paths)}"
    )
