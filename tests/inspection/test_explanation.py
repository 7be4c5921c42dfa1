import re
import shutil
import subprocess

import numpy as np
import pytest

from bert_keras.data import sentences_of_texts
from bert_keras.inspection import Attention, Attribution, Explanation, Word, write_explanations
from bert_keras.inspection.attention_view import attention_view

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def attribution(*texts, scores, method="integrated_gradients", **fields):
    offsets = sentences_of_texts(texts).offsets
    words = tuple(Word(*place, number) for number, some in enumerate(offsets) for place in some)
    return Attribution(texts, words, np.array(scores, "float32"), "yes", 2.0, method, **fields)


def attention(length=4, blocks=2, heads=3):
    scores = np.full((blocks, heads, length, length), 0.1, "float32")
    scores[1, 2, 0] = np.eye(length)[2]
    return Attention(tuple(f"t{number}" for number in range(length)), scores)


FOUND = attribution("so <b>good</b> & 北京 🎬", scores=[0.5, 0, 0, 0, 2.0, 0, 0, 0, 0, 0.1, -1.0, 0.2, 0.3])


def body(page):
    return page.split("<body>")[1].split("<script>")[0]


def text_of(page):
    """What a reader sees of the texts."""
    shown = re.findall(r'<p class="text" dir="auto">(.*?)</p>', body(page), re.DOTALL)
    return [re.sub(r"<[^>]*>", "", some) for some in shown]


def test_a_page_shows_the_raw_text_escaped_and_nothing_of_it_is_markup():
    page = Explanation((FOUND,)).to_html()
    assert text_of(page) == ["so &lt;b&gt;good&lt;/b&gt; &amp; 北京 🎬"]
    assert "<b>good" not in page
    assert re.search(r'<span class="word for" style="--a:0.75" data-score="\+2" tabindex="0">good</span>', page)
    assert re.search(r'<span class="word against" style="--a:0.38" data-score="-1" [^>]*>北</span>', page)


def test_both_texts_of_a_pair_have_their_own_words():
    page = Explanation((attribution("مرحبا يا", "<script>", scores=[1, 0, 0, 2, 0]),)).to_html()
    assert text_of(page) == ["مرحبا يا", "&lt;script&gt;"]


def test_a_page_needs_nothing_but_itself():
    page = Explanation((FOUND,), attention=(attention(),)).to_html()
    assert not re.search(r"(src|href)=|https?:|@import|url\(", page)


def test_each_method_says_what_it_adds_up_to_and_what_it_lacks():
    other = attribution("so good", scores=[1.0, 0.5], special_score=0.25, baseline_score=0.0)
    page = Explanation((other, attribution("so good", scores=[0.5, 0.25], method="occlusion", num_unseen=3))).to_html()
    assert "words +1.5, special tokens +0.25, from 0 of the baseline to 2 (+2), gap +0.25" in page
    assert "words +0.75, score of the answer 2, 3 words were not seen: cut off, or without a token" in page
    assert page.index("integrated gradients") < page.index("occlusion")


def test_unsigned_scores_have_a_scale_from_zero():
    assert "against -" in Explanation((FOUND,)).to_html()
    assert "against -" not in Explanation((attribution("so good", scores=[1, 2]),)).to_html()


def test_the_answer_stands_above_with_its_probability_and_the_others():
    page = Explanation((FOUND,), (("no & never", 0.75), ("yes", 0.25))).to_html()
    assert "yes <small>probability 0.250</small>" in page
    assert 'no &amp; never</td><td><i><b style="width:75.0%">' in page


def test_a_row_that_is_too_long_for_a_page_is_cut_and_one_without_room_left_out():
    view, size = attention_view(attention(40), most_numbers=6 * 20**2)
    assert "The first 20 of 40 tokens" in view and size == 6 * 20**2
    assert len(view) < 2 * size + 2000
    assert attention_view(attention(40), most_numbers=6 * 7**2) == (None, 0)
    assert "The first" not in attention_view(attention(4))[0]


def test_a_page_of_many_says_which_have_no_view(tmp_path, monkeypatch):
    monkeypatch.setattr("bert_keras.inspection.explanation_page._MOST_NUMBERS_OF_A_PAGE", 100)
    path = write_explanations([Explanation((FOUND,), attention=(attention(),))] * 2, tmp_path / "new" / "page.html")
    page = path.read_text(encoding="utf-8")
    assert page.count('class="attention"') == 1
    assert page.count("left out, for the page would become too large") == 1
    with pytest.raises(ValueError, match="one explanation or more"):
        write_explanations([], path)


def test_a_head_out_of_range_is_refused():
    assert attention().of(1, 2)[0].tolist() == [0, 0, 1, 0]
    with pytest.raises(ValueError, match="head from 0 to 2, received 3"):
        attention().of(0, 3)


def test_half_an_emoji_is_written(tmp_path):
    path = Explanation((attribution("so \ud83c", scores=[1, 2]),)).write_html(tmp_path / "page.html")
    assert "so" in path.read_text(encoding="utf-8")


def test_a_notebook_gets_the_page_in_a_frame_of_its_own():
    frame = Explanation((FOUND,))._repr_html_()
    assert frame.startswith('<iframe sandbox="allow-scripts"') and frame.count("<") == 2


def test_words_stand_on_colours_in_a_terminal_alone(monkeypatch, capsys):
    explanation = Explanation((attribution("so\x1b[2J good", scores=[0.0, 0, 0, -1.0]),), (("yes", 0.5),), note="Cut.")
    print(explanation)
    plain = capsys.readouterr().out
    assert "\033" not in plain and plain.startswith("yes 0.500\n") and plain.endswith("Cut.\n")
    assert "good  -1" in plain
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "\033[48;5;214;38;5;16mgood\033[0m" in str(explanation)
    assert "\033[2J" not in str(explanation)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in str(explanation)


def test_a_word_without_an_end_does_not_push_the_numbers_off_the_line():
    text = Explanation((attribution("so " + 300 * "a", scores=[1, 2]),)).in_terminal(colour=False)
    assert "a…  +2" in text and max(map(len, text.splitlines())) < 80


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_draws_the_heads_and_says_where_a_token_looks(tmp_path):
    path = Explanation((FOUND,), attention=(attention(),)).write_html(tmp_path / "page.html")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    address = f"{path.as_uri()}#block=1&head=2&token=0"
    page = subprocess.run([*command, address], capture_output=True, text=True, timeout=300, check=True).stdout
    assert page.count("<canvas") == 2 * 3 + 1
    assert re.search(r'<button[^>]*title="block 1, head 2"[^>]*aria-pressed="true"', page)
    assert "block 1, head 2: \u2068t0\u2069 (0) looks at \u2068t2\u2069 1.00" in page
