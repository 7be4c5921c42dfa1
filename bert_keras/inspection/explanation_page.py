"""The page of explanations: coloured words by method, probabilities, and the attention of each head."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bert_keras.html_page import html_page
from bert_keras.inspection.attention_view import ATTENTION_SCRIPT, ATTENTION_STYLE, MOST_NUMBERS, attention_view
from bert_keras.inspection.attribution import Attribution
from bert_keras.inspection.attribution_sums import sums_in_words

if TYPE_CHECKING:  # which shows itself as this page
    from bert_keras.inspection.explanation import Explanation

_MOST_NUMBERS_OF_A_PAGE = 4 * MOST_NUMBERS
_STRONGEST = 0.75  # opacity of the strongest score: text stays black on it
_WEAKEST = 0.04  # share of the strongest below which a word is not coloured

# Blue and orange with solid and dotted lines: told apart with any kind of colour blindness, and in print.
_STYLE = """
:root { --for: 38, 120, 214; --against: 230, 120, 20; --card: #fafafa; --line: #ddd; --dim: #666; }
@media (prefers-color-scheme: dark) {
  :root { --for: 60, 140, 235; --against: 215, 110, 20; --card: #1d2127; --line: #3a3f47; --dim: #a0a0a0; }
}
.answer { font-size: 1.7em; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
.answer small { font-weight: 400; color: var(--dim); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24em, 100%), 1fr)); gap: 1em;
  margin: 1em 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6em; padding: .8em 1em; min-width: 0; }
.card h3 { margin: 0 0 .4em; font-size: 1em; }
.text { font-size: 1.15em; line-height: 2; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
  max-height: 24em; overflow-y: auto; margin: 0; }
.text + .text { border-top: 1px dashed var(--line); }
.word { position: relative; border-radius: .25em; padding: .1em .12em; cursor: default; }
.for { background: rgba(var(--for), var(--a)); border-bottom: 2px solid rgb(var(--for)); }
.against { background: rgba(var(--against), var(--a)); border-bottom: 2px dotted rgb(var(--against)); }
.word:hover, .word:focus { outline: 2px solid currentColor; }
.scale { display: flex; align-items: center; gap: .5em; font-size: .8em; color: var(--dim); margin: .6em 0 .2em; }
.scale i { flex: 1; height: .7em; border-radius: .35em; background: linear-gradient(to right,
  rgba(var(--against), .75), transparent 50%, rgba(var(--for), .75)); }
.scale i.unsigned { background: linear-gradient(to right, transparent, rgba(var(--for), .75)); }
.sums, .note { font-size: .85em; color: var(--dim); margin: .2em 0 0; }
.bars { border-collapse: collapse; margin: .6em 0; }
.bars td { border: 0; padding: .1em .7em .1em 0; }
.bars td:first-child { max-width: 24em; overflow-wrap: anywhere; }
.bars i { display: block; width: 14em; height: .8em; border-radius: .2em; background: var(--line); }
.bars b { display: block; height: 100%; border-radius: .2em; background: rgb(var(--for)); }
section + section { border-top: 2px solid var(--line); margin-top: 2.5em; padding-top: 1em; }
summary { cursor: pointer; padding: .3em 0; font-weight: 600; }
.readout { position: fixed; z-index: 9; pointer-events: none; background: #222; color: #fff; border-radius: .3em;
  padding: .15em .5em; font: .85em/1.4 system-ui, sans-serif; white-space: nowrap; }
"""
# The number of a word beside the pointer at once; `title` would take a second, and none on a touch screen.
_SCRIPT = """
"use strict";
{
  const readout = document.createElement("div");
  readout.className = "readout"; readout.hidden = true; document.body.append(readout);
  const show = word => {
    const box = word.getBoundingClientRect();
    readout.textContent = word.dataset.score; readout.hidden = false;
    readout.style.left = Math.max(4, Math.min(box.left, innerWidth - readout.offsetWidth - 4)) + "px";
    readout.style.top = (box.top > 34 ? box.top - 30 : box.bottom + 6) + "px";
  };
  for (const [begin, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(begin, event => {
      const word = event.target.closest && event.target.closest(".word[data-score]");
      if (word) show(word);
    });
    document.addEventListener(end, () => { readout.hidden = true; });
  }
  addEventListener("scroll", () => { readout.hidden = true; }, true);
}
"""


def explanation_page(explanations: "Sequence[Explanation]", title: str = "Why the model answers so") -> str:
    """Return one page with some explanations.

    Args:
        explanations: From `explain`. The first have a view of their attention, as many as fit into some megabytes.
        title: Plain text.
    """
    sections, left = [], _MOST_NUMBERS_OF_A_PAGE
    for number, explanation in enumerate(explanations):
        views, used = _attention_views(explanation, left, is_open=number == 0)
        left -= used
        sections.append(f"<section>\n{_section(explanation)}\n{views}\n</section>")
    style = _STYLE + ATTENTION_STYLE
    return html_page(title, "\n".join(sections), style=style, script=_SCRIPT + ATTENTION_SCRIPT)


def _section(explanation):
    probability = explanation.probability
    share = "" if probability is None else f" <small>probability {probability:.3f}</small>"
    if probability is None:
        share = f" <small>score {explanation.attributions[0].answer_score:.3g}</small>"
    parts = [f'<p class="answer" dir="auto">{html.escape(explanation.answer)}{share}</p>']
    if explanation.predictions:
        parts.append(_bars(explanation.predictions))
    cards = "\n".join(_card(found) for found in explanation.attributions)
    parts.append(f'<div class="cards">\n{cards}\n</div>')
    parts.append(_table(explanation.attributions))
    if explanation.note:
        parts.append(f'<p class="note">{html.escape(explanation.note)}</p>')
    return "\n".join(parts)


def _bars(predictions):
    rows = []
    for name, share in predictions:
        bar = f'<i><b style="width:{100 * min(max(share, 0), 1):.1f}%"></b></i>'
        rows.append(
            f'<tr><td dir="auto">{html.escape(name)}</td><td>{bar}</td><td class="number">{share:.3f}</td></tr>'
        )
    return f'<table class="bars">{"".join(rows)}</table>'


def _card(found: Attribution):
    strongest = max(float(np.abs(found.scores).max()), 1e-12)
    texts = "".join(
        f'<p class="text" dir="auto">{_words(found, number, strongest)}</p>' for number in range(len(found.texts))
    )
    is_signed = bool((found.scores < 0).any())
    scale = (
        f"<span>against {-strongest:+.3g}</span><i></i><span>for {strongest:+.3g}</span>"
        if is_signed
        else f'<span>0</span><i class="unsigned"></i><span>for {strongest:+.3g}</span>'
    )
    return (
        f'<div class="card"><h3>{html.escape(found.method.replace("_", " "))}</h3>\n{texts}\n'
        f'<div class="scale">{scale}</div><p class="sums">{html.escape(sums_in_words(found))}</p></div>'
    )


def _words(found, text_number, strongest):
    text, pieces, end = found.texts[text_number], [], 0
    for word, score in zip(found.words, found.scores, strict=True):
        if word.text_number != text_number:
            continue
        share = abs(float(score)) / strongest
        kind = "" if share < _WEAKEST else " for" if score > 0 else " against"
        shown = html.escape(text[word.begin : word.end])
        pieces.append(html.escape(text[end : word.begin]))
        pieces.append(
            f'<span class="word{kind}" style="--a:{_STRONGEST * share:.2f}" data-score="{score:+.3g}" tabindex="0">'
            f"{shown}</span>"
        )
        end = word.end
    return "".join([*pieces, html.escape(text[end:])])


def _table(attributions):
    """Return all scores as numbers, folded; words of another method may be others."""
    columns = [{(w.text_number, w.begin, w.end): s for w, s in zip(f.words, f.scores)} for f in attributions]
    texts = attributions[0].texts
    heads = "".join(f'<th class="number">{html.escape(found.method.replace("_", " "))}</th>' for found in attributions)
    rows = []
    for word in sorted(set().union(*columns)):
        cells = (f'<td class="number">{some[word]:+.4g}</td>' if word in some else "<td></td>" for some in columns)
        rows.append(f'<tr><td dir="auto">{html.escape(texts[word[0]][word[1] : word[2]])}</td>{"".join(cells)}</tr>')
    table = f"<table><tr><th>word</th>{heads}</tr>\n" + "\n".join(rows) + "</table>"
    return f"<details><summary>All words as numbers</summary>{table}</details>"


def _attention_views(explanation, left, *, is_open):
    views, used = [], 0
    for number, attention in enumerate(explanation.attention):
        name = "Attention" if len(explanation.attention) == 1 else f"Attention in row {number}"
        view, size = attention_view(attention, most_numbers=min(MOST_NUMBERS, left - used))
        used += size
        if view is None:
            views.append(f'<p class="note">{name}: left out, for the page would become too large.</p>')
        else:
            opened = " open" if is_open and number == 0 else ""
            views.append(f"<details{opened}><summary>{name}</summary>{view}</details>")
    return "\n".join(views), used
