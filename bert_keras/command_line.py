"""A recipe's command line, made from the signature of its `main`: the options are said once, where they are read."""

import inspect
import io
import sys
import tokenize

import tyro

from bert_keras.freed_memory import keep_freed_memory


def run(main, arguments=None):
    """Call a function with the options of the command line.

    Each parameter is an option with its default; the comment behind it on its line is its help. The first line of the
    module's docstring says what the command is for. `--help` shows all of it; a misspelled option is answered with
    the right one, and exit status 2.

    A function with the parameters `seed` and `run_directory` has one option more: with `--seeds 1 2 3` it runs once
    for each of them, as `bert_keras.training.seed_series` says.

    The process keeps the memory that it frees: see `bert_keras.freed_memory`.

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
    keep_freed_memory()
    purpose = (sys.modules[main.__module__].__doc__ or "").split("\n")[0]
    comments = parameter_comments(main)
    if {"seed", "run_directory"} <= inspect.signature(main).parameters.keys():
        main = _with_seeds(main)
        comments["seeds"] = "run once with each, in RUN_DIRECTORY/seed_N, and show mean and standard deviation"
    # tyro reads the help of a function's parameters from its docstring.
    main.__doc__ = "\n".join([purpose, "", "Args:", *(f"    {name}: {text}" for name, text in comments.items())])
    return tyro.cli(main, description=purpose, args=arguments)


def _with_seeds(main):
    """A function with the parameters of another one and `seeds`; without any it does as the other one does."""
    signature = inspect.signature(main, eval_str=True)
    seeds = inspect.Parameter("seeds", inspect.Parameter.KEYWORD_ONLY, default=(), annotation=tuple[int, ...])

    def series(*arguments, seeds, **options):
        if not seeds:
            return main(*arguments, **options)
        from bert_keras.training import seed_series  # here, for it imports Keras: --help comes at once

        options = signature.bind(*arguments, **options).arguments
        options.pop("seed", None)
        return seed_series(main, seeds, **options)

    series.__signature__ = signature.replace(parameters=[*signature.parameters.values(), seeds])
    series.__annotations__ = {name: p.annotation for name, p in series.__signature__.parameters.items()}
    return series


def parameter_comments(function):
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
