"""Writes what TensorBoard's tab HPARAMS shows: which options were tuned, and what came of each trial."""

import os
import time
from typing import Any


def write_experiment(log_dir: str | os.PathLike, names: Any, objective: str) -> None:
    """Say which options are tuned, and by what.

    Args:
        log_dir: folder above those of the trials.
        names: sequence of str, the options.
        objective: str, the tag of the number that trials are compared by.

    Example:
        >>> import tempfile
        >>> log_dir = tempfile.mkdtemp()
        >>> write_experiment(log_dir, ["learning_rate"], "validation.accuracy")
        >>> write_trial(f"{log_dir}/trial_0", {"learning_rate": 1e-4}, "validation.accuracy", 0.9)
    """
    from tensorboard.plugins.hparams import api_pb2, summary

    options = [api_pb2.HParamInfo(name=name) for name in names]
    metrics = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=objective))]
    _write(log_dir, [summary.experiment_pb(options, metrics)])


def write_trial(log_dir: str | os.PathLike, values: dict[str, Any], objective: str, score: float) -> None:
    """Say what came of one trial.

    Args:
        log_dir: folder of the trial.
        values: dict of an option's name to its value.
        objective: str, the tag that `write_experiment` told.
        score: float.
    """
    from tensorboard.plugins.hparams import api_pb2, summary

    states = summary.session_start_pb(values), summary.session_end_pb(api_pb2.STATUS_SUCCESS)
    _write(log_dir, states, {objective: score})


def _write(log_dir, summaries, scalars=()):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(log_dir))
    for part in summaries:
        event = Event(wall_time=time.time())
        event.summary.MergeFromString(part.SerializeToString())  # TensorFlow's class, where it is installed
        writer.add_event(event)
    for tag in scalars:
        event = Event(wall_time=time.time())
        event.summary.value.add(tag=tag, simple_value=scalars[tag])
        writer.add_event(event)
    writer.close()
