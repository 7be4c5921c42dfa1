"""What the scores of an attribution add up to, and what they lack, in words for people."""

import numpy as np

from bert_keras.inspection.attribution import Attribution


def sums_in_words(found: Attribution) -> str:
    """Say in a line what the scores of an attribution add up to, and what they lack."""
    total = float(np.sum(found.scores))
    parts = [f"words {total:+.3g}"]
    if found.special_score:
        parts.append(f"special tokens {found.special_score:+.3g}")
    if found.gap is not None:
        change = found.answer_score - found.baseline_score
        parts.append(f"from {found.baseline_score:.3g} of the baseline to {found.answer_score:.3g} ({change:+.3g})")
        parts.append(f"gap {found.gap:+.2g}")
    else:
        parts.append(f"score of the answer {found.answer_score:.3g}")
    if found.num_unseen:
        words = "1 word was" if found.num_unseen == 1 else f"{found.num_unseen} words were"
        parts.append(f"{words} not seen: cut off, or without a token")
    return ", ".join(parts)
