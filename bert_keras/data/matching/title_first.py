"""A document of a collection as it is read: its title goes before its text."""

from typing import Any


def title_first(document: dict[str, Any]) -> dict[str, Any]:
    """Put a document's title before its text, with a space between.

    Args:
        document: What a file says of it: `text`, perhaps a `title`, and more.

    Returns:
        The same without the title, `text` being both; where the title is none, or the text no str, the text alone.

    Example:
        >>> title_first({"_id": "d1", "title": "Cats", "text": "They purr."})
        {'_id': 'd1', 'text': 'Cats They purr.'}

    Reference:
        Thakur et al., 2021, https://arxiv.org/abs/2104.08663
    """
    read = dict(document)
    title, text = read.pop("title", None), read.get("text")
    if isinstance(title, str) and title.strip() and isinstance(text, str):
        read["text"] = f"{title} {text}".strip()
    return read
