"""Raw text in, triples of subject, relation and object out."""

from bert_keras.data import TripleExamples, sentences_of_texts
from bert_keras.inference.predict_batches import predict_batches
from bert_keras.inference.preset_parts import preset_parts
from bert_keras.inference.text_sources import as_texts
from bert_keras.inference.word_batches import characters_of_words, word_batches
from bert_keras.models import TripleExtractor


class TripleFinder:
    """Finds the triples of texts with a `TripleExtractor`.

    Texts of any length go in: long ones are cut into windows of whole words that overlap, and triples within a window
    are found.

    Args:
        extractor: `bert_keras.models.TripleExtractor`.
        tokenizer: `bert_keras.data.WordPieceTokenizer`.
        sequence_length: longest row, special tokens included. Default that of the extractor's encoder.
        batch_size: most rows in one call of the model. Default 32.
        threshold: probability above which something is there. Default 0.5; higher finds fewer triples that are surer.

    Call arguments:
        texts: list of str, or one str, or the path of a text file, one text a line.

    Output:
        for each text a list of dicts of `relation`, `subject` and `object`, each a dict of `text`, `start` and `end`
        (`text` is the characters from start to end), and `score`, the probability of the least likely of the
        four that must agree, from 0 to 1. For one str, its own list alone.

    Example:
        ```python
        find_triples = TripleFinder.from_preset("runs/finetune_triples/preset")
        find_triples("Ada lived in Lyon.")
        # [{"relation": "lived-in", "score": 0.98, "subject": {"text": "Ada", "start": 0, "end": 3}, ...}]
        ```
    """

    def __init__(self, extractor, tokenizer, *, sequence_length=None, batch_size=32, threshold=0.5):
        self.extractor = extractor
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length or extractor.encoder.max_sequence_length
        self.batch_size = batch_size
        self.threshold = threshold

    @classmethod
    def from_preset(cls, directory, **options):
        """Load model and tokenizer of a preset.

        Args:
            directory: path of the directory, such as recipes/finetune_triples.py writes.
            **options: `sequence_length`, `batch_size` and `threshold`, and arguments of the encoder's constructor that
                shall differ from the preset's, such as `dtype`.
        """
        model, tokenizer, options = preset_parts(cls, TripleExtractor, directory, options)
        return cls(model, tokenizer, **options)

    def __call__(self, texts):
        if isinstance(texts, str):
            return self([texts])[0]
        sentences = sentences_of_texts(as_texts(texts))
        results = []
        for text, places, found in zip(sentences.texts, sentences.offsets, self._triples(sentences), strict=True):
            results.append([])
            for (subject, target, relation), score in found.items():
                one, other = (characters_of_words(text, places, *words) for words in (subject, target))
                results[-1].append({"relation": relation, "score": score, "subject": one, "object": other})
        return results

    def triples(self, examples: TripleExamples):
        """Find the triples of texts whose words are known.

        Args:
            examples: from `read_triples`; their own triples are not looked at.

        Returns:
            list of (subject, object, relation) as in `TripleExamples`, for each text.
        """
        return [list(found) for found in self._triples(examples)]

    def _triples(self, sentences):
        """For each text a dict from triple to score."""
        found = [{} for _ in range(len(sentences))]
        batches = word_batches(sentences.words, self.tokenizer, self.sequence_length, self.batch_size)
        for batch, outputs in predict_batches(self.extractor, ((batch, batch.x) for batch in batches)):
            rows = self.extractor.decode(outputs, batch.words >= 0, self.threshold)
            for number, words, some in zip(batch.sentences, batch.words, rows, strict=True):
                for *ends, relation, score in some:
                    subject, target = ((int(words[begin]), int(words[end]) + 1) for begin, end in ends)
                    triple = (subject, target, self.extractor.relations[relation])
                    # Two windows may find the same.
                    found[number][triple] = max(found[number].get(triple, 0.0), score)
        return [dict(sorted(some.items())) for some in found]
