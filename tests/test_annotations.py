"""Every public signature says its types."""

import ast
import pathlib

import bert_keras

ROOT = pathlib.Path(bert_keras.__file__).parent
EXEMPT = ("models/", "checkpoints/", "inference/", "data/")  # to be emptied
EXEMPT += ("training/target_checks.py", "training/token_statistics.py", "training/traced_once.py")
EXEMPT += ("training/finetuning/adversarial_training.py", "training/finetuning/r_drop.py")
EXEMPT += ("training/finetuning/second_pass.py",)
NOT_EXEMPT = ("checkpoints/safetensors_file.py", "data/tokenization/")


def missing(node, place=""):
    """The parameters and results without a type, of public functions and of the methods of public classes."""
    for part in node.body:
        name = getattr(part, "name", "_")
        if name.startswith("_") and name not in ("__init__", "__call__"):
            continue
        if isinstance(part, ast.ClassDef):
            yield from missing(part, f"{place}{name}.")
        elif isinstance(part, ast.FunctionDef):
            arguments = part.args
            given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            for argument in filter(None, given[1:] if place and arguments.args[0].arg in ("self", "cls") else given):
                if argument.annotation is None:
                    yield f"{place}{name}({argument.arg})"
            if part.returns is None and name != "__init__":
                yield f"{place}{name} ->"


def test_every_public_signature_has_types():
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(NOT_EXEMPT) or not name.startswith(EXEMPT):
            found += [f"{name}: {place}" for place in missing(ast.parse(path.read_text()))]
    assert not found
