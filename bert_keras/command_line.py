"""A recipe's command line, made from the signature of its `main`: the options are said once, where they are read."""

import dataclasses
import functools
import importlib.util
import inspect
import io
import os
import sys
import tokenize
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import tyro

from bert_keras.freed_memory import keep_freed_memory
from bert_keras.quiet_tensorflow import import_quietly


def run(main: Callable, arguments: Sequence[str] | None = None) -> Any:
    """Call a function with the options of the command line.

    Each parameter is an option with its default, and so is each field of a parameter that is a dataclass; the comment
    behind it on its line is its help. The first line of the module's docstring says what the command is for. `--help`
    shows all of it; a misspelled option is answered with the right one, and exit status 2.

    A function with a `seed` and the parameter `run_directory` has one option more: with `--seeds 1 2 3` it runs once
    for each of them, as `bert_keras.training.seed_series` says.

    Before the function is called, TensorFlow is imported without its log lines (`bert_keras.quiet_tensorflow`), and
    the process is told to keep the memory that it frees (`bert_keras.freed_memory`).

    Args:
        main: function of the script that is run.
        arguments: sequence of words to read the options from, None for the command line's.

    Returns:
        what the function returns; with `--seeds`, the mean of that.

    Example:
        ```python
        def main(*, corpus: Path = Path("runs/corpus"), minutes: float = 4.5):  # of pretraining, by the clock
            ...

        if __name__ == "__main__":
            command_line.run(main)
        ```
    """
    purpose = (sys.modules[main.__module__].__doc__ or "").split("\n")[0]
    comments = parameter_comments(main)
    command = _prepared(main)
    if "run_directory" in inspect.signature(main).parameters and (owner := _owner_of_seed(main)):
        command = _with_seeds(command, owner)
        comments["seeds"] = "run once with each, in RUN_DIRECTORY/seed_N, and show mean and standard deviation"
    # tyro reads the help of a function's parameters from its docstring.
    command.__doc__ = "\n".join([purpose, "", "Args:", *(f"    {name}: {text}" for name, text in comments.items())])
    return tyro.cli(command, description=purpose, args=arguments, config=(tyro.conf.OmitArgPrefixes,))


def _prepared(main):
    """Put before the function what its process needs: a command line with a mistake does not wait for that."""

    @functools.wraps(main)
    def prepared(*arguments, **options):
        keep_freed_memory()
        import_quietly()
        return main(*arguments, **options)

    prepared.__signature__ = inspect.signature(main, eval_str=True)
    del prepared.__wrapped__  # tyro would read the docstring of that
    return prepared


def _owner_of_seed(main):
    """Find the parameter that has the seed: "seed" itself, or a dataclass with such a field; None if there is none."""
    for name, parameter in inspect.signature(main).parameters.items():
        if name == "seed" or (dataclasses.is_dataclass(parameter.default) and hasattr(parameter.default, "seed")):
            return name
    return None


def _with_seeds(main, owner):
    """Add the parameter `seeds` to those of a function; without any it does as the function does."""
    signature = inspect.signature(main)
    seeds = inspect.Parameter("seeds", inspect.Parameter.KEYWORD_ONLY, default=(), annotation=tuple[int, ...])

    def series(*arguments, seeds, **options):
        if not seeds:
            return main(*arguments, **options)
        from bert_keras.training import seed_series  # here, for it imports Keras: --help comes at once

        options = signature.bind(*arguments, **options).arguments
        if owner == "seed":
            options.pop("seed", None)
            return seed_series(main, seeds, **options)

        def run(*, seed, **options):
            return main(**options | {owner: dataclasses.replace(options[owner], seed=seed)})

        options[owner] = dataclasses.replace(options[owner], seed=None)  # each run has its own
        return seed_series(run, seeds, **options)

    series.__signature__ = signature.replace(parameters=[*signature.parameters.values(), seeds])
    series.__annotations__ = {name: p.annotation for name, p in series.__signature__.parameters.items()}
    return series


def load_script(path: str | os.PathLike) -> ModuleType:
    """Import a script that lies in no package, such as a recipe, under its file's name.

    Args:
        path: The script.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If its name does not end in .py.

    Example:
        >>> import pathlib, tempfile
        >>> script = pathlib.Path(tempfile.mkdtemp(), "half.py")
        >>> _ = script.write_text("def main(*, number: int = 4): return number / 2")
        >>> run(load_script(script).main, ["--number", "6"])
        3.0
    """
    name = Path(path).stem
    if Path(path).suffix != ".py":
        raise ValueError(f"Expected a Python script, such as recipes/finetune_tagger.py; received {path}.")
    specification = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def parameter_comments(function: Callable) -> dict[str, str]:
    """Read the comments that stand behind a function's parameters, each on a line of its own.

    Args:
        function: function whose source can be read.

    Returns:
        dict of name to comment, for the parameters that have one.
    """
    parameters, comments, name = inspect.signature(function).parameters, {}, None
    for token in tokenize.generate_tokens(io.StringIO(inspect.getsource(function)).readline):
        if token.type == tokenize.NEWLINE:  # the signature's end
            break
        if token.type == tokenize.NL:
            name = None
        elif token.type == tokenize.NAME and name is None and token.string in parameters:
            name = token.string
        elif token.type == tokenize.COMMENT and name is not None:
            comments[name] = token.string.lstrip("# ")
    return comments
