import pytest

from bert_keras.html_page import html_page


def test_a_title_is_plain_text():
    page = html_page("a < b & c", "<p>body</p>")
    assert "<title>a &lt; b &amp; c</title>" in page
    assert "<p>body</p>" in page


def test_a_script_that_would_end_itself_is_refused():
    with pytest.raises(ValueError, match="without"):
        html_page("title", "", script="document.write('</script>')")
