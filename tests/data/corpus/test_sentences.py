import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_keras.data.corpus.sentences import STOPS, _stops, split_sentences


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
        # Urdu, whose stop stands inside abbreviations too; Arabic, Persian
        "میں کل لاہور گیا تھا۔ |وہاں بہت گرمی تھی۔ |کیا آپ بھی آئے تھے؟ |ایم۔اے کا طالب علم ہے۔",
        "ذهبت أمس إلى السوق. |أين كنت؟ |كنت في البيت!",
        "دیروز به بازار رفتم. |کجا بودی؟ |در خانه.",
        # Burmese, whose one stroke is a comma; Khmer, with its "etc."; Ethiopic, also as it is typed
        "မနေ့က ကျွန်တော် ဈေးသွားတယ်။ |ငါး၊ ဟင်းသီးဟင်းရွက် ဝယ်ခဲ့တယ်။|အိမ်ပြန်ရောက်တော့ ညနေစောင်းပြီ။",
        "ខ្ញុំទៅផ្សារពីម្សិលមិញ។ |ខ្ញុំបានទិញត្រី បន្លែ ផ្លែឈើ ។ល។ ហើយត្រឡប់មកផ្ទះវិញ។ |ថ្ងៃនេះមេឃស្រឡះ៕",
        "ትናንት ወደ ገበያ ሄድኩ። |ዓሣና አትክልት ገዛሁ።|አንተስ የት ነበርክ፧ |ቤት ነበርኩ፡፡ |አሁን እሄዳለሁ::|ደህና ሁን።",
        # Armenian, whose marks of question and exclamation stand inside words
        "Երեկ ես գնացի շուկա։ |Ի՞նչ գնեցիր այնտեղ։ |Ա՜խ, ոչինչ չգնեցի։ |«Ես էլ»։ |Վերջ։",
        # Tibetan, with the two strokes behind verse
        "ང་ཁ་སང་ཁྲོམ་ལ་ཕྱིན་པ་ཡིན། |ཁྲོམ་ལ་མི་མང་པོ་འདུག །  །|དེ་ནས་ང་ནང་ལ་ལོག་སོང་༎ |ཞོགས་པ་བདེ་ལེགས།",
        # Hindi, with verses; Bengali; Sinhala and Tamil, which write a full stop; Santali
        "मैं कल बाज़ार गया था। |वहाँ बहुत भीड़ थी।|क्या आप भी आए थे? |धर्मक्षेत्रे कुरुक्षेत्रे ॥ १ ॥ |सञ्जय उवाच ॥",
        "আমি গতকাল বাজারে গিয়েছিলাম। |সেখানে অনেক ভিড় ছিল। |তুমি কোথায় ছিলে?",
        "මම ඊයේ වෙළඳපොළට ගියා. |එහි බොහෝ සෙනඟ සිටියා. |ඔබ කොහෙද හිටියේ?",
        "நான் நேற்று சந்தைக்குப் போனேன். |நீ எங்கே இருந்தாய்?",
        "ᱤᱧ ᱵᱟᱡᱟᱨ ᱪᱟᱞᱟᱣ ᱞᱮᱱᱟ᱾ |ᱟᱢ ᱚᱠᱟ ᱨᱮᱢ ᱛᱟᱦᱮᱸ ᱠᱟᱱᱟ?",
        # Greek asks with a semicolon, others do not
        "Χθες πήγα στην αγορά. |Πού ήσουν εσύ; |Ήμουν στο σπίτι· δεν βγήκα. |Τι έγινε\u037e |Τίποτα.",
        "He left; She stayed; α; Β and more.",
        # Thai marks no end
        "เมื่อวานฉันไปตลาด ที่นั่นคนเยอะมาก",
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


@pytest.mark.parametrize(
    "unit",
    [".", ". ", "a.", '."', ".)", "A. ", "”", "(", "。", "U.S. ", "1. ", "..  ", "། ", "॥ 1 ", "។ល", "Αα;", "ዓ::"],
)
def test_hostile_text_takes_linear_time(unit):
    def seconds(repetitions):
        begin = time.process_time()
        split_sentences(unit * repetitions)
        return time.process_time() - begin

    seconds(1000)
    assert seconds(100_000) < 3  # quadratic would be minutes


@given(st.text(st.sampled_from(" aα០१១ល་)”.!?;:…؟۔።፡།༎।॥។៕။᠃꧉。！；\u037e")))
def test_stops_are_found_where_the_pattern_finds_them(text):
    assert [stop.span() for stop in _stops(text)] == [stop.span() for stop in STOPS.finditer(text)]


def test_every_character_that_may_be_a_stop_is_looked_at():
    for char in map(chr, range(0x10000)):
        for text in (char, char * 2, f"αα{char}", f"አ{char}{char}"):
            assert [stop.span() for stop in _stops(text)] == [stop.span() for stop in STOPS.finditer(text)], text
