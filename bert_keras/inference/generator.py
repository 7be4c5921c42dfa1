"""Texts in, the texts that a model writes from them out."""

import os
from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np

from bert_keras.checkpoints.generation_config import read_generation_config, write_generation_config
from bert_keras.data import GenerationExamples, PromptRows, Rows, Tokenizer, writing_layout
from bert_keras.data.generation.generation_rows import check_long_prompts
from bert_keras.data.rows.length_batches import length_batches
from bert_keras.inference.predictor import Predictor, keyword_options
from bert_keras.inference.text_sources import Texts, as_texts
from bert_keras.inference.written_text import text_pieces, written_text
from bert_keras.models import CausalLM, PrefixLM, model_class_of
from bert_keras.models.decoding import generate
from bert_keras.models.decoding.prompts import expect_whole
from bert_keras.models.language_model import LanguageModel
from bert_keras.preset_location import locate_preset
from bert_keras.progress import with_progress

_DECODING = tuple(sorted(keyword_options(generate)))
_NO_LIST = (str, bytes, dict)
_NOT_STREAMED = ("num_beams", "num_results", "length_penalty", "return_scores", "long_prompts")


class Generator(Predictor):
    """Writes: from a source a text of its own with a `PrefixLM`, and how a text goes on with a `CausalLM`.

    Args:
        model: `bert_keras.models.PrefixLM` or `CausalLM`.
        tokenizer: `bert_keras.data.Tokenizer`, with an end token.
        max_new_tokens: Most tokens that are written; None for 64, or half of the positions where they are few.
        long_prompts: What becomes of prompts that leave no room for so many: "raise" refuses them; "cut" cuts them: a
            source at its end, a dialogue, and a text that is to be continued, at its beginning. Default "raise".
        sequence_length: As for `Predictor`, prompt and text together, as are the next three; of a preset as many tokens
            as its tokenizer notes.
        batch_size: Most prompts in one call of the model.
        batch_tokens: Most positions of prompts in one call of the model.
        progress: Whether to say how far it has come.
        **options: Those of `bert_keras.models.decoding.generate`, such as `num_beams`, which every call has in turn. A
            text ends at the tokenizer's end token. A preset may note some: `save_options`, transformers'
            generation_config.json.

    Call arguments:
        texts: As for `Predictor`; a dialogue is a tuple of its turns, oldest first, in a list. Or `GenerationExamples`.
        **options: Those of decoding, for this call alone, `max_new_tokens` and `long_prompts`.

    Output:
        For each text the text that was written; with `num_results` above 1 a list of them, of beams the best first.
        With `return_scores` pairs of these and their scores. For one str, its own.

    Raises:
        ValueError: If the tokenizer has no end token, a text is empty or too long, or an option is none.

    Example:
        ```python
        write = Generator.from_preset("runs/finetune_generator/preset", num_beams=4)
        write("name[Aromi], eatType[coffee shop], area[city centre]")
        # "aromi is a coffee shop in the city centre."
        for piece in write.stream("name[Aromi], eatType[pub]"):
            print(piece, end="")
        ```
    """

    model_class, also_takes, has_noted_length = PrefixLM, (CausalLM,), True

    def __init__(
        self, model: LanguageModel, tokenizer: Tokenizer, *, max_new_tokens: int | None = None,
        long_prompts: str = "raise", sequence_length: int | None = None, batch_size: int | None = 32,
        batch_tokens: int | None = None, progress: bool | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            model, tokenizer, sequence_length=sequence_length, batch_size=batch_size, batch_tokens=batch_tokens,
            progress=progress,
        )  # fmt: skip
        if unknown := options.keys() - _DECODING:
            raise TypeError(
                f"Generator has no option {', '.join(sorted(unknown))}. Those of decoding: {', '.join(_DECODING)}."
            )
        if max_new_tokens is None:
            max_new_tokens = min(64, self.sequence_length // 2)
        end = writing_layout(tokenizer.vocabulary).end[0]
        self._room({"max_new_tokens": max_new_tokens})
        self.options = {"max_new_tokens": max_new_tokens, "stop_token_ids": end} | options
        check_long_prompts(long_prompts)
        self.long_prompts = long_prompts

    @classmethod
    def from_preset(cls, preset: str | os.PathLike, **options: Any) -> Self:
        """As `Predictor.from_preset`; options of decoding that the preset notes are the defaults."""
        noted = read_generation_config(locate_preset(preset)) if isinstance(preset, (str, os.PathLike)) else {}
        return super().from_preset(preset, **noted | options)

    def save_options(self, directory: str | os.PathLike) -> None:
        """Keep the options of decoding in a preset, in a file of transformers; `from_preset` begins with them.

        Args:
            directory: Path of the preset, where model and tokenizer are saved.
        """
        write_generation_config(directory, self.options)

    @classmethod
    def _own_options(cls) -> set[str]:
        return (super()._own_options() - {"runtime"}) | {*_DECODING}

    @classmethod
    def _model_class_of(cls, preset: str | os.PathLike) -> type[LanguageModel]:
        model_class = model_class_of(preset)
        if not issubclass(model_class, LanguageModel):
            raise ValueError(
                f"{os.fspath(preset)} is a {model_class.__name__}, which cannot write. Any encoder can be trained to: "
                "recipes/finetune_generator.py, or models.PrefixLM.from_preset(...) and fit."
            )
        return model_class

    def __call__(self, texts: Texts | Iterable[tuple[str, ...]] | GenerationExamples | Rows, **options: Any) -> Any:
        if isinstance(texts, str):
            return self([texts], **options)[0]
        if not hasattr(texts, "row_lengths"):
            texts = self.rows(texts, **options)
            options.pop("long_prompts", None)  # rows are cut already
        return self.results(texts, **options)

    def rows(self, texts: Any, **options: Any) -> PromptRows:
        """Make the rows of prompts, to be written on at once or again and again while the model is trained.

        Args:
            texts: What the generator is called with.
            **options: As for the call: `max_new_tokens` says how much room a prompt must leave, `long_prompts` what
                becomes of one that leaves less.
        """
        if not isinstance(texts, GenerationExamples):
            if hasattr(texts, "__iter__") and not hasattr(texts, "itertuples") and not isinstance(texts, _NO_LIST):
                texts = list(texts)  # to look for dialogues; what is no list of texts, `as_texts` refuses
            is_dialogue = isinstance(texts, list) and any(isinstance(text, (tuple, list)) for text in texts)
            texts = GenerationExamples(tuple(_turns(texts) if is_dialogue else _readable(as_texts(texts), self.model)))
        room = self._room(self.options | options)
        return PromptRows(
            texts, self.tokenizer, sequence_length=room, parted=isinstance(self.model, PrefixLM),
            long_prompts=options.get("long_prompts", self.long_prompts),
        )  # fmt: skip

    def _room(self, options):
        """Return how many tokens a prompt may have."""
        max_new_tokens = expect_whole("max_new_tokens", options["max_new_tokens"], 1)
        if max_new_tokens >= self.sequence_length:
            raise ValueError(
                f"Expected max_new_tokens below sequence_length={self.sequence_length}, which prompt and text have "
                f"together; received {max_new_tokens}, which leaves no room for a prompt."
            )
        return self.sequence_length - max_new_tokens

    def tokens(self, rows: Rows, **options: Any) -> list[np.ndarray]:
        """Write on behind rows, one text each, and give its tokens.

        Args:
            rows: From `rows`.
            **options: As for the call.

        Returns:
            For each row (tokens,) int32, the end token last where one was written.
        """
        options = self.options | options | {"num_results": 1, "return_scores": False}
        results = [None] * len(rows.row_lengths)
        for numbers, texts in self._written(rows, options):
            for number, text in zip(numbers[numbers >= 0].tolist(), texts):
                results[number] = text
        return results

    def results(self, rows: Rows, **options: Any) -> list:
        """Write on behind rows; see the call."""
        options = self.options | options
        has_scores = options.get("return_scores", False)
        results = [None] * len(rows.row_lengths)
        for numbers, found in self._written(rows, options):
            texts, scores = found if has_scores else (found, None)
            for place, number in enumerate(numbers[numbers >= 0].tolist()):
                several = texts[place] if isinstance(texts[place], list) else [texts[place]]
                text = [written_text(self.tokenizer, tokens) for tokens in several]
                text = text if isinstance(texts[place], list) else text[0]
                results[number] = (text, scores[place].tolist()) if has_scores else text
        return results

    def stream(self, text: str | tuple[str, ...], **options: Any) -> Iterator[str]:
        """Write on behind one text, and give it piece by piece while it is written.

        Args:
            text: As for a call, one of them.
            **options: Those of `bert_keras.models.decoding.stream`, and `long_prompts`.

        Yields:
            str; together they are what the call gives. None ends within a character or a word.
        """
        options = self.options | options
        if options.get("num_beams", 1) > 1 or options.get("num_results", 1) > 1:
            raise ValueError("Expected one text to be streamed: num_beams and num_results must be 1, pass num_beams=1.")
        rows = self.rows([text], **options)
        options = {name: value for name, value in options.items() if name not in _NOT_STREAMED}
        x = rows.inputs(np.array([0], "int32"), int(rows.row_lengths[0]))
        tokens = self.model.stream(np.asarray(x["token_ids"])[0], **options)
        return text_pieces(self.tokenizer, tokens)

    def _written(self, rows, options):
        """Yield the numbers of a batch's rows, -1 for a filler, and what `generate` gives for them."""
        sizes = dict(batch_size=self.batch_size, batch_tokens=self.batch_tokens)
        seed = options.get("seed")

        def batches():
            for numbers, length in length_batches(rows.row_lengths, sequence_length=rows.sequence_length, **sizes):
                written = np.where(numbers < 0, numbers[0], numbers)  # a filler may have no token to go on from
                inputs = {name: np.asarray(array) for name, array in rows.inputs(written, length).items()}
                # A text is drawn alike in whatever batch it is.
                seeds = {} if seed is None else {"seed": [(seed, number) for number in written.tolist()]}
                yield numbers, self.model.generate(inputs, **options | seeds)

        yield from with_progress(batches(), len(rows.row_lengths), name=type(self).__name__, show=self.progress)


def _readable(texts, model):
    """Refuse texts that say nothing to a model that writes from a source."""
    for number, text in enumerate(texts):
        if isinstance(model, PrefixLM) and not text.strip():
            raise ValueError(f"Expected a source to write from, received {text!r}, number {number + 1}: it is empty.")
    return [text or " " for text in texts]


def _turns(dialogues):
    for number, turns in enumerate(dialogues, 1):
        turns = (turns,) if isinstance(turns, str) else tuple(turns)
        if not turns or not all(isinstance(turn, str) and turn.strip() for turn in turns):
            raise ValueError(f"Expected the turns of a dialogue, none empty, received {turns!r:.80}, number {number}.")
        yield turns
