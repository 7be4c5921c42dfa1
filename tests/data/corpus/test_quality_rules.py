import pytest

from bert_keras.data.corpus.quality_rules import GROUPS, RULES, Prose, named_rules

PROSE = [
    "The old house stood on a hill above the harbour, and nobody in town could say who had built it.",
    "Her grandfather used to tell a story about its first owner, a captain with one blue eye and a parrot.",
    "Did she believe him? She was six, so of course she did; it explained the ladder that ended in the air.",
    "“Someday,” he would add, “you will have to climb it.” That was forty years ago, in another century.",
]
BREAKS = {
    "few_words": ["It was a good day."],
    "word_length": ["a b c d e f"],
    "symbols": ["#one #two words and more... here"],
    "bullets": ["• one", "- two", "* three"],
    "ellipses": ["Read more...", "Read on…", "Here."],
    "letterless_words": ["1 2 3 four five"],
    "repeated_lines": ["Home", "About", "Home", "Home"],
    "repeated_2grams": ["buy now buy now buy now today"],
    "repeated_3grams": ["buy it now buy it now today"],
    "repeated_4grams": ["buy it now here buy it now here"],
    "english_stop_words": ["Das ist ein Satz."],
    "line_ends": ["Home", "About us", "Contact"],
    "few_sentences": ["Version 2.0 is out. Get it now!"],
    "lorem_ipsum": ["Lorem Ipsum dolor sit amet."],
    "curly_brackets": ["function() { return }"],
}


def is_broken(name, paragraphs):
    rule = RULES[name]
    return not rule.least <= rule.measure(Prose(paragraphs)) <= rule.most


def test_each_rule_has_its_example():
    assert BREAKS.keys() == RULES.keys()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_finds_what_it_is_for_and_lets_prose_pass(name):
    assert is_broken(name, BREAKS[name])
    assert not is_broken(name, PROSE)


@pytest.mark.parametrize(
    ("name", "paragraphs", "measured"),
    [
        ("few_words", ["It's a day.", "我坐了。"], 6),
        ("word_length", ["ab abcd"], 3),
        ("word_length", ["我坐了"], 5),
        ("symbols", ["# a … b ... c"], 3 / 6),
        ("repeated_lines", [("a", "b", "a", "c")], 1 / 4),
        ("repeated_2grams", ["ab cd ab cd ef"], 8 / 10),
        ("repeated_2grams", ["ab cd"], 0),
        ("few_sentences", ["One. Two! 三。四？ v2.0 \"Five.\" six"], 5),
        ("line_ends", ["He said “no.”", "Menu", "终。", "x"], 1 / 2),
        ("letterless_words", ["", "..."], 0),
    ],
)  # fmt: skip
def test_what_is_measured(name, paragraphs, measured):
    assert RULES[name].measure(Prose(paragraphs)) == pytest.approx(measured)


def test_chinese_prose_passes_both_groups():
    text = (
        "那座老房子立在港口上方的山坡上，镇里没有人说得出是谁建造的。她的祖父常常讲起第一位主人的故事：一个只有一只蓝眼睛"
        "的船长，还养着鹦鹉。她相信吗？那年她六岁，当然相信；这样就能解释为什么梯子通向半空。“总有一天，”他会补充道，“你得"
        "爬上去。”"
    )
    assert [name for name in named_rules(["gopher", "c4"]) if is_broken(name, [text])] == []


def test_groups_hold_their_rules_in_order_without_repeating_them():
    assert list(named_rules(["symbols", "c4", "symbols"])) == ["symbols", *GROUPS["c4"]]
    assert {*GROUPS["gopher"], *GROUPS["c4"], "english_stop_words"} == RULES.keys()


def test_a_rule_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(ValueError, match="no quality rule 'gofer'; there are gopher, c4, few_words, .*curly_brackets"):
        named_rules(["gofer"])
