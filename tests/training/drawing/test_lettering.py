from PIL import ImageFont

from bert_keras.training.drawing import drawable, is_drawable, legend, lettering


def test_a_name_is_written_in_the_first_font_that_has_all_its_letters(without_other_fonts, monkeypatch):
    class HasAll:
        """A font of the machine: a letter is as wide as it is high, and none is missing."""

        def getmask(self, letter):
            return bytes(0 if letter == "\uffff" else ord(letter) % 256 for _ in range(4))

        def getlength(self, text):
            return 13.0 * len(text)

    monkeypatch.setattr(lettering, "_FONTS", ("missing.ttf", "all.ttf"))
    found, from_file = {"all.ttf": HasAll()}, ImageFont.truetype

    def truetype(name, size, **options):
        if not isinstance(name, str):  # Pillow's own
            return from_file(name, size, **options)
        if name not in found:
            raise OSError(name)
        return found[name]

    monkeypatch.setattr(ImageFont, "truetype", truetype)
    lettering._fonts.cache_clear()
    assert drawable(["体育", "sport"]) == ["体育", "sport"]
    assert lettering.font_of("体育") is found["all.ttf"] and lettering.width_of("体育") == 26
    assert lettering.font_of("sport") is lettering._fonts(lettering.SIZE)[0]  # Pillow's own


def test_a_name_on_two_lines_is_written_on_one():
    assert drawable(["two\nlines", "a\ttab"]) == ["two lines", "a tab"]
    assert legend(["two\nlines", "שלום"]) == "1 = שלום"


def test_letters_that_are_written_to_the_left_are_not_drawn_in_the_wrong_order():
    assert not is_drawable("سلام") and not is_drawable("so שלום")
