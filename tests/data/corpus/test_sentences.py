import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.corpus.sentences import split_sentences


@pytest.mark.parametrize(
    "text",
    [
        # each is written with | where it must be split
        "One. |Two! |Three? |Four",
        "Mr. Adams met Mrs. Smith and Dr. J. Q. Public. |They spoke.",
        "The U.S. Senate met. |It met in the U.S. |The House did not.",
        "Messrs. Brown and Co. built it. |Brown & Co. |The firm failed.",
        "It rose 3.5 percent to $1,234.56 in 1990. |In 1991 it fell.",
        "He came at 5 p.m. on Monday. |He left at 6 p.m. |We stayed.",
        "He came on Jan. 5 and left in Feb. |It was cold.",
        "See No. 5 and Sec. 3 of Art. 2, pp. 10. |I said no. |Five men left. |No. |We stayed. |See Art. II of it.",
        'He asked, "Why?" and left. |"Because!" |She laughed.',
        "“Stop!” |John cried. |‘No.’ |(He went on.) |[Applause.] |They rose.",
        "Really?! |Yes... |Well... maybe. |Wait… what? |Good… |Fine.",
        "2. Roads. |The roads are bad. |3. Canals.",
        "Cats, dogs, etc. are animals. |Cats, dogs, etc. |The end.",
        "e.g. apples, i.e. Fruit, cf. Smith et al. 1990 or so.",
        "Visit example.com. |Write to a.b@c.org or v1.2.3 today.",
        "Section one. |1990 was good. |$5 is not.",
        "Henry VIII. |He reigned. |So did I. |Then he left.",
        "She left.—He stayed. |- So what?",
        "他说：“你好。”|然后走了！|真的吗？！|好吧；|行……吧。",
        "“走！”，他说。|“走！”|他说。",
        "¿Qué? |¡Sí! |¿Vale?",
        "第一句。第二句".replace("。", "。|"),
        "全角！Hello there. |再见。".replace("！", "！|"),
        "This is ฿5. |ภาษาไทย is Thai. |Он ушёл. |Она осталась.",
        "First line\nwraps here. |Second.",
    ],
)
def test_splits(text):
    expected = [part.strip() for part in text.split("|")]
    assert split_sentences(text.replace("|", "")) == expected


@pytest.mark.parametrize("text", ["", " \n ", "\t"])
def test_white_space_holds_no_sentence(text):
    assert split_sentences(text) == []


@given(st.text(st.sampled_from("aA1.!?。！ \n\"'“”()…-é你")))
def test_loses_nothing_but_white_space(text):
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence == sentence.strip() != "" for sentence in sentences)


@pytest.mark.parametrize("unit", [".", ". ", "a.", '."', ".)", "A. ", "”", "(", "。", "U.S. ", "1. ", "..  "])
def test_hostile_text_takes_linear_time(unit):
    def seconds(repetitions):
        begin = time.process_time()
        split_sentences(unit * repetitions)
        return time.process_time() - begin

    seconds(1000)
    assert seconds(100_000) < 3  # quadratic would be minutes
