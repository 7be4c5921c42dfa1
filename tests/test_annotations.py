"""Every public signature says its types."""

import ast
import pathlib

import bert_keras

ROOT = pathlib.Path(bert_keras.__file__).parent


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
            given = [argument for argument in given if argument is not None]
            is_bound = place and given[:1] and given[0].arg in ("self", "cls")
            for argument in given[1:] if is_bound else given:
                if argument.annotation is None:
                    yield f"{place}{name}({argument.arg})"
            if part.returns is None and name != "__init__":
                yield f"{place}{name} ->"


def test_every_public_signature_has_types():
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        found += [f"{name}: {place}" for place in missing(ast.parse(path.read_text()))]
    assert not found


def test_what_lacks_a_type_is_found():
    untyped = ast.parse("class A:\n def b(self, c, *, d: int, **e): ...\ndef _private(f): ...")
    assert list(missing(untyped)) == ["A.b(c)", "A.b(e)", "A.b ->"]
