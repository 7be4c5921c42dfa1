"""A piece of a text by name."""


def named_piece(text: str, start: int, end: int) -> str:
    """Return some characters of a text, and behind them where they stand if they stand elsewhere, too.

    Args:
        text: The text.
        start: The first character.
        end: The one after the last.

    Example:
        >>> named_piece("Ada met Bob", 0, 3), named_piece("Ada met Ada", 8, 11)
        ('Ada', 'Ada (character 8)')
    """
    piece = text[start:end]
    is_elsewhere = piece and text.find(piece) != text.rfind(piece)
    return f"{piece} (character {start})" if is_elsewhere else piece
