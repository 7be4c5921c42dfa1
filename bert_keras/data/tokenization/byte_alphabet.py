"""GPT-2's alphabet: a printable character for each byte, so that any text is spelled, and no token looks empty."""

_PRINTABLE = (range(ord("!"), ord("~") + 1), range(0xA1, 0xAD), range(0xAE, 0x100))  # they stand for their own number


def _alphabet() -> str:
    own = {byte for some in _PRINTABLE for byte in some}
    others = iter(range(0x100, 0x200))  # taken in turn by the bytes that would be spaces, controls or invisible
    return "".join(chr(byte if byte in own else next(others)) for byte in range(256))


ALPHABET = _alphabet()  # the character of byte b is ALPHABET[b]
_BYTES = {character: byte for byte, character in enumerate(ALPHABET)}


def spelled(text: bytes) -> str:
    """Return bytes in the alphabet.

    Example:
        >>> spelled(" né".encode())
        'ĠnÃ©'

    Reference:
        `bytes_to_unicode` of https://github.com/openai/gpt-2/blob/master/src/encoder.py
    """
    return "".join(ALPHABET[byte] for byte in text)


def bytes_of(token: str) -> bytes | None:
    """Return the bytes that a token spells; None where it has a character that is not of the alphabet.

    Example:
        >>> bytes_of("ĠnÃ©").decode()
        ' né'
    """
    try:
        return bytes(_BYTES[character] for character in token)
    except KeyError:
        return None
