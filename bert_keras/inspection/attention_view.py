"""A view of the attention of all blocks and heads, to be hovered over: data in the page, drawn by its own script."""

import base64
import html
import json

import numpy as np

from bert_keras.inspection.attention import Attention

MOST_NUMBERS = 1_500_000  # of one view: 2 MB in the page
_FEWEST_TOKENS = 8  # less is no view

ATTENTION_STYLE = """
:root { --look: 124, 58, 237; }
@media (prefers-color-scheme: dark) { :root { --look: 176, 136, 255; } }
.attention { display: grid; grid-template-columns: fit-content(55%) minmax(16em, 1fr); gap: 1.2em;
  align-items: start; }
@media (max-width: 50em) { .attention { grid-template-columns: minmax(0, 1fr); } }
.heads { display: grid; gap: 3px; overflow: auto; max-height: 42em; font-size: .7em; padding: 4px;
  color: var(--dim); align-items: center; justify-items: center; white-space: nowrap; }
.heads button { padding: 0; border: 1px solid var(--line); background: none; border-radius: 3px; cursor: pointer;
  width: 30px; height: 30px; overflow: hidden; }
.heads button[aria-pressed="true"] { outline: 2px solid rgb(var(--look)); outline-offset: 1px; }
.heads canvas { width: 100%; height: 100%; display: block; }
.tokens { line-height: 2.1; margin: .5em 0; max-height: 16em; overflow-y: auto; }
.tokens span { padding: .15em .3em; margin: 0 .1em; border-radius: .25em; cursor: pointer; white-space: pre;
  background: rgba(var(--look), var(--a, 0)); border: 1px solid transparent; }
.tokens span.here { border-color: currentColor; font-weight: 650; }
.map { position: relative; width: min(100%, 22em); }
.map canvas { width: 100%; image-rendering: pixelated; border: 1px solid var(--line); display: block; }
.said { min-height: 3em; margin: .3em 0; font-size: .9em; }
.attention label { margin-right: 1em; font-size: .9em; }
"""
ATTENTION_SCRIPT = """
for (const [number, view] of document.querySelectorAll(".attention").entries()) {
  const tokens = JSON.parse(view.dataset.tokens), n = tokens.length;
  const blocks = +view.dataset.blocks, heads = +view.dataset.heads;
  let scores = null, block = 0, head = 0, fixed = -1;
  const part = name => view.querySelector("." + name);
  const make = (name, parent) => parent.appendChild(document.createElement(name));
  const at = (i, j) => scores[((block * heads + head) * n + i) * n + j] / 255;
  const byQuery = () => part("by-query").checked;
  const spelled = i => "\\u2068" + tokens[i] + "\\u2069";  // right to left in itself alone, not the line

  const draw = (canvas, b, h) => {
    canvas.width = canvas.height = n;
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--look").split(",").map(Number);
    const image = new ImageData(n, n), start = (b * heads + h) * n * n;
    for (let k = 0; k < n * n; k++) {
      image.data.set(colour, 4 * k);
      image.data[4 * k + 3] = 255 * Math.sqrt(scores[start + k] / 255);
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  };
  const say = (i, values) => {
    const best = values.map((v, j) => [v, j]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, 5);
    part("said").textContent = `block ${block}, head ${head}: ` + (i < 0 ? "looked at on average: " :
      `${spelled(i)} (${i}) ${byQuery() ? "looks at" : "is looked at by"} `) +
      best.map(([v, j]) => `${spelled(j)} ${v.toFixed(2)}`).join(", ");
  };
  const look = i => {
    const all = [...Array(n).keys()];
    const mean = j => all.reduce((sum, k) => sum + at(k, j), 0) / n;
    const values = all.map(j => i < 0 ? mean(j) : byQuery() ? at(i, j) : at(j, i));
    const strongest = Math.max(...values, 1e-9);
    [...part("tokens").children].forEach((token, j) => {
      token.style.setProperty("--a", (0.8 * values[j] / strongest).toFixed(3));
      token.classList.toggle("here", i === j);
    });
    say(i, values);
  };
  const choose = (b, h) => {
    block = b; head = h;
    part("heads").querySelectorAll("button").forEach((button, k) =>
      button.setAttribute("aria-pressed", k === b * heads + h));
    draw(part("map").firstElementChild, b, h);
    look(fixed);
  };
  const start = () => {
    if (scores) return;
    scores = Uint8Array.from(atob(view.dataset.scores), c => c.charCodeAt(0));
    const grid = part("heads");
    grid.style.gridTemplateColumns = `auto repeat(${heads}, 30px)`;
    make("span", grid).textContent = "head";
    for (let h = 0; h < heads; h++) make("span", grid).textContent = h;
    for (let b = 0; b < blocks; b++) {
      make("span", grid).textContent = "block " + b;
      for (let h = 0; h < heads; h++) {
        const button = make("button", grid);
        button.type = "button"; button.title = `block ${b}, head ${h}`;
        button.setAttribute("aria-label", button.title);
        draw(make("canvas", button), b, h);
        button.onclick = () => choose(b, h);
      }
    }
    tokens.forEach((token, i) => {
      const span = make("span", part("tokens"));
      span.textContent = token; span.tabIndex = 0;
      span.onmouseenter = span.onfocus = () => look(i);
      span.onmouseleave = span.onblur = () => look(fixed);
      span.onclick = () => { fixed = fixed === i ? -1 : i; look(fixed); };
      part("tokens").append(" ");
    });
    const map = part("map").firstElementChild;
    map.onmousemove = event => {
      const box = map.getBoundingClientRect();
      const place = (x, size) => Math.min(n - 1, Math.max(0, Math.floor(x / size * n)));
      const i = place(event.clientY - box.top, box.height), j = place(event.clientX - box.left, box.width);
      const share = `${spelled(i)} looks at ${spelled(j)} ${at(i, j).toFixed(2)}`;
      part("said").textContent = `block ${block}, head ${head}: ${share}`;
    };
    map.onmouseleave = () => look(fixed);
    view.querySelectorAll("input").forEach(input => {
      input.name = "looks" + number;
      input.onchange = () => look(fixed);
    });
    // #block=2&head=1&token=3 opens the page at a head and a token.
    const wanted = new URLSearchParams(location.hash.slice(1)), chosen = (name, count) =>
      Math.min(Math.max(0, Math.trunc(+wanted.get(name) || 0)), count - 1);
    if (wanted.has("token")) fixed = chosen("token", n);
    choose(chosen("block", blocks), chosen("head", heads));
  };
  const folded = view.closest("details");
  if (!folded || folded.open) start(); else folded.addEventListener("toggle", start);
}
"""


def attention_view(attention: Attention, *, most_numbers: int = MOST_NUMBERS) -> tuple[str | None, int]:
    """Return the view of one row as HTML, for a page with `ATTENTION_STYLE` and `ATTENTION_SCRIPT`.

    Args:
        attention: From `attention_of`.
        most_numbers: Scores that the page has room for: of a long row the first tokens are shown, and it says so.

    Returns:
        The view, None where it has room for hardly a token; and how many scores it holds.
    """
    blocks, heads, length, _ = attention.scores.shape
    shown = min(length, int(np.sqrt(max(most_numbers, 0) / (blocks * heads))))
    if shown < min(length, _FEWEST_TOKENS):
        return None, 0
    scores = attention.scores[:, :, :shown, :shown]
    data = base64.b64encode(np.rint(255 * np.clip(scores, 0, 1)).astype("uint8").tobytes()).decode()
    tokens = html.escape(json.dumps(attention.tokens[:shown], ensure_ascii=False), quote=True)
    cut = "" if shown == length else f'<p class="note">The first {shown} of {length} tokens.</p>'
    return (
        f'{cut}<noscript>This view needs JavaScript, which runs in the page alone.</noscript>\n'
        f'<div class="attention" data-tokens="{tokens}" data-blocks="{blocks}" data-heads="{heads}" '
        f'data-scores="{data}"><div class="heads"></div><div>'
        '<label><input type="radio" class="by-query" checked> where a token looks</label>'
        '<label><input type="radio" class="by-key"> who looks at it</label>'
        '<div class="tokens" dir="auto"></div><p class="said" aria-live="polite"></p>'
        '<div class="map"><canvas></canvas></div>'
        '<p class="note">Rows look, columns are looked at. Point at a token, or at the map; a click keeps a token.</p>'
        "</div></div>"
    ), scores.size  # fmt: skip
