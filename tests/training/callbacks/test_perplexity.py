import math

from bert_keras.training.callbacks import Perplexity


def published(logs):
    logs = dict(logs)
    Perplexity().on_epoch_end(0, logs)
    return {name: value for name, value in logs.items() if "perplexity" in name}


def test_training_and_validation_have_theirs():
    logs = {"loss": 9.0, "mlm_loss": 0.0, "val_loss": 9.0, "val_mlm_loss": 1.0}
    assert published(logs) == {"mlm_perplexity": 1.0, "val_mlm_perplexity": math.e}


def test_a_model_with_one_loss_has_the_perplexity_of_that():
    assert published({"loss": 1.0}) == {"mlm_perplexity": math.e}


def test_a_loss_that_has_run_away_does_not_stop_the_training():
    assert published({"mlm_loss": 1e6})["mlm_perplexity"] > 1e300


def test_of_a_model_that_writes_it_is_called_perplexity():
    logs = {"loss": 1.0, "val_loss": 2.0}
    Perplexity("loss").on_epoch_end(0, logs)
    assert (round(logs["perplexity"], 2), round(logs["val_perplexity"], 2)) == (2.72, 7.39)
