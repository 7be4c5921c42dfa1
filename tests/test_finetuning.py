"""Fine-tuning's options, each said once."""

import keras
import numpy as np
import pytest

from bert_keras.finetuning import FineTuning
from bert_keras.models import BertEncoder, TextClassifier
from bert_keras.training.callbacks.watching import Watched
from bert_keras.training.resuming.callback_states import read_callback_states, restore_callback_states


@pytest.fixture
def classifier():
    return TextClassifier(BertEncoder(100, 2, 2, 8, 16, max_sequence_length=32), num_classes=2)


def test_the_rate_warms_up_over_its_share_of_all_epochs_and_ends_at_zero(classifier):
    optimizer = FineTuning(epochs=2, learning_rate=1e-3, warmup_share=0.2).optimizer(classifier.encoder, 50)
    schedule = optimizer._learning_rate
    assert float(schedule(19)) == pytest.approx(1e-3, rel=0.06) and float(schedule(100)) == pytest.approx(0, abs=1e-9)


def test_blocks_are_frozen_and_adapters_added_as_asked(classifier):
    FineTuning(num_frozen_blocks=1).prepare(classifier, sequence_length=32)
    assert not classifier.encoder.encoder_blocks[0].trainable_variables
    FineTuning(lora_rank=2).prepare(classifier, sequence_length=32)
    assert any("lora" in variable.path for variable in classifier.trainable_variables)


def test_rows_longer_than_the_position_table_are_refused_before_training(classifier):
    with pytest.raises(ValueError, match="32"):
        FineTuning().prepare(classifier, sequence_length=33)


def test_the_best_epoch_is_kept_only_where_there_is_a_validation_part(tmp_path):
    def kinds(**options):
        return [type(callback).__name__ for callback in FineTuning(**options).callbacks(tmp_path, best=best)]

    best = "val_f1"
    assert "EarlyStopping" in kinds() and "SwapEMAWeights" not in kinds()
    assert kinds(ema=0.99)[0] == "SwapEMAWeights"  # before whatever scores the epoch
    best = None
    assert "EarlyStopping" not in kinds()


@pytest.mark.parametrize(("best", "kept"), [("val_perplexity", 1), ("val_f1", 2)])
def test_the_kept_epoch_has_the_lowest_perplexity_or_the_highest_score_also_after_a_resume(tmp_path, best, kept):
    class Epoch:  # a model whose one weight is the number of its epoch
        number, stop_training = 0, False

        def get_weights(self):
            return [np.array(self.number)]

        def set_weights(self, weights):
            self.number = int(weights[0])

    def keeper():
        report = FineTuning(epochs=3).callbacks(tmp_path, best=best)
        (stopping,) = (callback for callback in report if isinstance(callback, keras.callbacks.EarlyStopping))
        stopping.set_model(epoch)
        stopping.on_train_begin()
        return stopping

    epoch = Epoch()
    stopping = keeper()
    for epoch.number, value in enumerate([2.0, 1.0, 3.0]):
        if epoch.number == 2:  # another process goes on
            states = read_callback_states([stopping])
            stopping = keeper()
            restore_callback_states([stopping], *states)
        stopping.on_epoch_end(epoch.number, {best: value})
    stopping.on_train_end()
    assert epoch.number == kept


def test_what_is_watched_is_asked_after_the_scores_and_refused_where_there_is_nothing(tmp_path):
    def kinds(watched):
        report = FineTuning(watch=("examples",)).callbacks(tmp_path, best=None, scores=dict, watched=watched)
        return [type(callback).__name__ for callback in report]

    found = kinds(Watched(dict, ("examples",)))
    assert found.index("TaskScores") < found.index("WatchPredictions")
    with pytest.raises(ValueError, match="Expected no --watch examples"):
        kinds(None)


def test_scores_of_the_validation_part_come_before_what_goes_by_them(tmp_path):
    report = FineTuning(epochs=3).callbacks(tmp_path, best="val_f1", scores=lambda: {"f1": 1.0})
    kinds = [type(callback).__name__ for callback in report]
    assert kinds.index("TaskScores") < kinds.index("EarlyStopping")
    (stopping,) = (callback for callback in report if isinstance(callback, keras.callbacks.EarlyStopping))
    assert stopping.patience == 3 and stopping.restore_best_weights
