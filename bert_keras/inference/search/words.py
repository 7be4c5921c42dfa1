"""Words of any language, as a search by words counts them."""

import functools
import re
import sys
import unicodedata

# Scripts that are written without spaces: Thai and Lao, Burmese, Khmer, kana, Chinese characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff"  # written with spaces, but particles end its words


@functools.cache
def _patterns(scripts: str) -> tuple[re.Pattern, re.Pattern]:
    """Return patterns of a word with its marks, without which Hindi would fall apart, and of a character of scripts.

    Args:
        scripts: Ranges of characters whose runs are words of their own.
    """
    marks = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M"]
    marks = "".join(marks)
    return re.compile(rf"[{scripts}]+|(?:(?![{scripts}])[\w{marks}])+"), re.compile(rf"[{scripts}]")


def search_words(text: str) -> list[str]:
    """Cut a text into the words that it is found by, in lower case.

    Of scripts without spaces, and of Korean, these are each character, so that a query may be a single one, and each
    two.

    Args:
        text: any str; forms of a character that mean the same, such as full-width letters, are one.

    Example:
        >>> search_words("The wing's Flow, 北京人"), search_words("水 ?!")
        (['the', 'wing', 's', 'flow', '北', '京', '人', '北京', '京人'], ['水'])

    Reference:
        Lucene's CJKAnalyzer, with its `outputUnigrams`
    """
    pattern, pairwise = _patterns(_UNSPACED + _HANGUL)
    words = []
    for run in pattern.findall(unicodedata.normalize("NFKC", text).lower()):
        if pairwise.match(run):
            words.extend(filter(str.isalpha, run))  # no marks
            words.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            words.append(run)
    return words


def word_ends(text: str) -> list[int]:
    """Find where the words of a text end, each character of a script without spaces being one.

    Args:
        text: any str.

    Example:
        >>> word_ends("Ada's 北京")
        [3, 5, 7, 8]
    """
    pattern, unspaced = _patterns(_UNSPACED)
    ends = []
    for match in pattern.finditer(text):
        ends.extend(range(match.start() + 1, match.end() + 1) if unspaced.match(match.group()) else [match.end()])
    return ends
