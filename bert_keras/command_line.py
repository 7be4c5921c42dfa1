"""A recipe's command line, made from the signature of its `main`: the options are said once, where they are read."""

import inspect
import io
import sys
import tokenize

import tyro


def run(main, arguments=None):
    """Call a function with the options of the command line.

    Each parameter is an option with its default; the comment behind it on its line is its help. The first line of the
    module's docstring says what the command is for. `--help` shows all of it; a misspelled option is answered with
    the right one, and exit status 2.

    Args:
        main: function of the script that is run.
        arguments: sequence of words to read the options from, None for the command line's.

    Returns:
        what the function returns.

    Example:
        ```python
        def main(*, corpus: Path = Path("runs/corpus"), minutes: float = 4.5):  # of pretraining, by the clock
            ...

        if __name__ == "__main__":
            command_line.run(main)
        ```
    """
    purpose = (sys.modules[main.__module__].__doc__ or "").split("\n")[0]
    helps = (f"    {name}: {comment}" for name, comment in parameter_comments(main).items())
    # tyro reads the help of a function's parameters from its docstring.
    main.__doc__ = "\n".join([purpose, "", "Args:", *helps])
    return tyro.cli(main, description=purpose, args=arguments)


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
