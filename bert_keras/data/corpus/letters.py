"""How much of a line is writing, in any script: rulers, page numbers and rows of figures are not."""

import string
import unicodedata

_LETTERS = string.ascii_letters.encode()


def has_letters(text: str, min_share: float) -> bool:
    """Whether letters, with the marks that belong to them, are at least a share of what is to be seen in a text.

    A vowel sign of Devanagari, Thai, Burmese or Khmer is a character of its own (a mark), and as much a part of a word
    as the consonant that it stands on. White space and joiners, which nobody sees, count neither way.

    Example:
        >>> has_letters("เมื่อ", 0.9), has_letters("1,234  5", 0.3)
        (True, False)
    """
    if text.isascii():  # most lines of most corpora: letters counted at the speed of bytes
        letters = len(text) - len(text.encode().translate(None, _LETTERS))
        if letters >= max(0.5, min_share) * len(text):
            return True
    elif sum(map(str.isalpha, text)) >= min_share * len(text):
        return True
    visible = [character for character in text if not character.isspace()]
    others = [character for character in visible if not character.isalpha()]
    categories = [unicodedata.category(character) for character in others]
    num_marks, num_unseen = sum(c[0] == "M" for c in categories), categories.count("Cf")
    return len(visible) - len(others) + num_marks >= min_share * (len(visible) - num_unseen)
