"""What tuning a recipe's options takes: reading what shall be tried, and showing what came of it."""

from bert_keras.training.tuning.hparams_tab import write_experiment, write_trial
from bert_keras.training.tuning.search_space import add_option, option_words

__all__ = ["add_option", "option_words", "write_experiment", "write_trial"]
