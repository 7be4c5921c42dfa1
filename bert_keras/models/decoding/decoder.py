"""The loop that writes, compiled as a whole: read the next token, choose the one behind it."""

import keras
from keras import ops

from bert_keras.models.decoding.beam_search import BeamSearch
from bert_keras.models.decoding.cast_once import cast_once
from bert_keras.models.decoding.single_choice import SingleChoice
from bert_keras.types import Tensor


class Decoder(keras.Model):
    """A model whose outputs are what another one writes; `predict_on_batch` compiles it as every backend does.

    Args:
        writer: `LanguageModel`.
        choice: which token comes next.
        max_new_tokens: number of slots behind the prompts.
        tokens_at_a_time: number of tokens that a call writes, from where the call before stopped; None for all.

    Call arguments:
        inputs: dict of the arrays of `bert_keras.models.decoding.prompts.Rows`, and `noise`, (batch, max_new_tokens)
            float32, uniform from 0 to 1; and `carry`, what the call before gave, where it goes on from one.

    Output:
        (batch, results, max_new_tokens) int32 tensor, -1 where a text ended for want of a token that may come, and what
        lies behind it or a stop token means nothing; and (batch, results) float32 scores. With `tokens_at_a_time` the
        carry too, whose first entry is the number of tokens written so far.
    """

    def __init__(
        self,
        writer: keras.Model,
        choice: SingleChoice | BeamSearch,
        max_new_tokens: int,
        tokens_at_a_time: int | None = None,
    ):
        super().__init__(name="decoder", autocast=False)  # a carry keeps its dtypes
        self.tokens_at_a_time = tokens_at_a_time
        self.writer = writer
        self.choice = choice
        self.max_new_tokens = max_new_tokens
        self.built = True

    def call(self, inputs: dict[str, Tensor]) -> tuple:
        row = {name: inputs[name] for name in ("padding_mask", "segment_ids")}
        first_slot = ops.shape(inputs["token_ids"])[1] - self.max_new_tokens
        copies = self.choice.rows_per_prompt
        rows = {name: ops.repeat(array, copies, axis=0) for name, array in row.items()} if copies > 1 else row

        def choose(step, state, logits, cache):
            is_last = step + 1 >= self.max_new_tokens
            state, tokens, parents = self.choice.advance(state, logits, first_slot + step, step, is_last)
            if parents is not None:
                layers = keras.tree.map_structure(lambda x: ops.take(x, parents, axis=0), cache.layers)
                cache = cache._replace(layers=layers)
            return step + 1, state, tokens, cache

        def go_on(step, state, tokens, cache):
            tokens = ops.expand_dims(tokens, 1)
            logits, cache = self._read(tokens, rows, cache, ops.zeros_like(tokens))
            return choose(step, state, logits, cache)

        if "carry" in inputs:
            carry = inputs["carry"]
            end = carry[0] + self.tokens_at_a_time
        else:
            carry = choose(ops.zeros((), "int32"), *self._begin(inputs["token_ids"], row, inputs["noise"]))
            end = self.tokens_at_a_time or self.max_new_tokens
        end = ops.minimum(end, self.max_new_tokens)

        def goes_on(step, state, tokens, cache):
            return ops.logical_and(step < end, self.choice.goes_on(state))

        with cast_once(self.writer):
            carry = ops.while_loop(goes_on, go_on, carry)
        tokens, scores = self.choice.results(carry[1])
        results = tokens[:, :, first_slot:], scores
        return results if self.tokens_at_a_time is None else (*results, carry)

    def _begin(self, token_ids, row, noise):
        """Read the prompts: the state of the choice, (rows, vocabulary_size) logits behind them, and the cache."""
        batch, slots = ops.shape(token_ids)
        first_slot = slots - self.max_new_tokens
        cache = self.writer.encoder.new_cache(batch, slots)
        logits, cache = self._read(
            token_ids[:, :first_slot], row, cache, ops.zeros((batch, 1), "int32") + first_slot - 1
        )
        is_text = row["padding_mask"] > 0
        if self.choice.allowed.no_repeat_ngram and self.writer.written_segment:
            # What a text takes over from its source is no repetition: a name, a sentence of a summary.
            is_text = ops.logical_and(is_text, ops.equal(row["segment_ids"], self.writer.written_segment))
        state = self.choice.start(ops.where(is_text, token_ids, -1), noise)
        copies = self.choice.rows_per_prompt
        if copies > 1:  # the prompt is read once
            logits, layers = keras.tree.map_structure(lambda x: ops.repeat(x, copies, axis=0), (logits, cache.layers))
            cache = cache._replace(layers=layers)
        return state, logits, cache

    def _read(self, token_ids, row, cache, places):
        """Read tokens, and score what may stand behind one of them in each row: (batch, vocabulary_size)."""
        inputs = row | {"token_ids": token_ids}
        vectors, cache = self.writer.encoder.call_with_cache(inputs, cache, output_positions=places)
        return self.writer.score_next(vectors)[:, 0], cache
