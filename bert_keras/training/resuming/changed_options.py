"""How the options of a saved run differ from those it is asked to resume with, in words for the error."""

from collections.abc import Mapping


def changed_options(saved: Mapping[str, object], given: Mapping[str, object]) -> str:
    """Name the options that differ.

    Args:
        saved: {option: value} of the saved run.
        given: the same of the run that is to resume it.

    Returns:
        one line for an error; "" where nothing differs.

    Example:
        >>> changed_options({"seed": 1, "epochs": 3}, {"seed": 2, "epochs": 3})
        'seed was 1, now 2'
        >>> changed_options({"encoding": "utf-8"}, {})
        "encoding ('utf-8') only then, as if by another version of the recipe"
    """
    both = [name for name in sorted(saved.keys() & given.keys()) if saved[name] != given[name]]
    parts = [f"{name} was {saved[name]!r}, now {given[name]!r}" for name in both]
    for options, others, when in ((saved, given, "then"), (given, saved, "now")):
        if alone := sorted(options.keys() - others.keys()):
            named = ", ".join(f"{name} ({options[name]!r})" for name in alone)
            parts.append(f"{named} only {when}, as if by another version of the recipe")
    return "; ".join(parts)
