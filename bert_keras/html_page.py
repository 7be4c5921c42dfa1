"""One page of HTML that needs nothing but itself: no network, no other file."""

import html

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222; }
h1, h2, h3 { line-height: 1.2; }
table { border-collapse: collapse; }
td, th { border-bottom: 1px solid #ddd; padding: .2em .8em .2em 0; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font-family: ui-monospace, monospace; }
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  body { background: #14171b; color: #e4e4e4; }
  td, th { border-color: #3a3f47; }
}
"""


def html_page(title: str, body: str, *, style: str = "", script: str = "") -> str:
    """Return a whole page.

    Args:
        title: Plain text.
        body: HTML; texts in it are escaped by whoever makes it.
        style: CSS, after what all pages share.
        script: JavaScript, which runs once the body is there; without "</".

    Raises:
        ValueError: If style or script has "</", which would end it.

    Example:
        >>> html_page("Duplicates", "<p>none</p>").startswith("<!DOCTYPE html>")
        True
    """
    if "</" in style + script:
        raise ValueError('Expected style and script without "</", which would end them in a page.')
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n{body}\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</body>\n</html>\n"
    )
