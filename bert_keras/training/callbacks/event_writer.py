"""Writes numbers, text, pictures and curves where TensorBoard looks for them, without TensorFlow."""

import io
import os
import pathlib
import socket
import struct
import time

import numpy as np

from bert_keras.atomic_files import write_file

_FILES = "events.out.tfevents.*"
_BEGIN = time.time_ns()  # of this process, as another may have its number


class EventWriter:
    """Writes into an event file of TensorBoard in a folder, which is one run in its list.

    All writers of a process that write to a folder share a file there: once there is a later one, TensorBoard reads an
    earlier one no more, unless it has its data server, which not every machine can run. What is written is on disk.

    Args:
        log_dir: folder, created where it is missing.

    Example:
        >>> import tempfile
        >>> from bert_keras.training.callbacks import EventWriter
        >>> writer = EventWriter(tempfile.mkdtemp())
        >>> writer.scalar("mlm/loss", 4.2, step=100)
        >>> writer.text("notes", "a **word**", step=100)
    """

    def __init__(self, log_dir: str | os.PathLike):
        self.log_dir = str(log_dir)

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add a point to the curve called `tag`."""
        from tensorboard.plugins.scalar import metadata

        self._add(tag, np.float32(value), step, metadata.create_summary_metadata(display_name="", description=""))

    def text(self, tag: str, markdown: str, step: int) -> None:
        """Add a piece of markdown to those called `tag`."""
        from tensorboard.plugins.text import metadata

        self._add(tag, np.array(markdown, object), step, metadata.create_summary_metadata("", ""))

    def image(self, tag: str, pixels: np.ndarray, step: int, *, description: str = "") -> None:
        """Add a picture to those called `tag`.

        Args:
            tag: Its name in the tab of images.
            pixels: (height, width, 3), or (height, width) of greys, uint8 array.
            step: When it was so.
            description: Markdown, which the tab shows beside the name of the tag's first picture.
        """
        from PIL import Image
        from tensorboard.plugins.image import metadata

        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "png", optimize=True)
        height, width = pixels.shape[:2]
        value = np.array([str(width).encode(), str(height).encode(), file.getvalue()], object)
        self._add(tag, value, step, metadata.create_summary_metadata(display_name="", description=description))

    def precision_recall(self, tag: str, true_positives: np.ndarray, false_positives: np.ndarray, step: int) -> None:
        """Add a curve of precision over recall to those called `tag`.

        Args:
            tag: Its name in the tab of such curves.
            true_positives: (thresholds,) counts of what is found and true at thresholds that rise evenly from 0 to 1;
                at 0, where all is found, stands how many are true.
            false_positives: (thresholds,) counts of what is found and not true.
            step: When it was so.
        """
        from tensorboard.plugins.pr_curve import metadata

        found, invented = (np.asarray(counts, "float32") for counts in (true_positives, false_positives))
        left, missed = invented[0] - invented, found[0] - found
        shares = found / np.maximum(1, found + invented), found / np.maximum(1, found[0])
        summary = metadata.create_summary_metadata("", "", num_thresholds=len(found))
        self._add(tag, np.stack([found, invented, left, missed, *shares]), step, summary)

    def histogram(self, tag: str, values: np.ndarray, step: int, *, num_buckets: int = 30) -> None:
        """Add a histogram to those called `tag`, in equally wide buckets from the lowest value to the highest.

        Args:
            tag: Its name in the tabs of histograms and distributions.
            values: Array of finite numbers, one or more.
            step: When it was so.
            num_buckets: How many there are.
        """
        from tensorboard.plugins.histogram import metadata

        counts, edges = np.histogram(values, num_buckets)
        buckets = np.stack([edges[:-1], edges[1:], counts], axis=1).astype("float64")
        self._add(tag, buckets, step, metadata.create_summary_metadata("", ""))

    def _add(self, tag, value, step, metadata):
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter
        from tensorboard.util.tensor_util import make_tensor_proto

        event = Event(wall_time=time.time(), step=int(step))
        event.summary.value.add(tag=tag, tensor=make_tensor_proto(value), metadata=metadata)
        with open(self._path(), "ab", buffering=0) as file:  # whole events, whoever else has the file open
            records = RecordWriter(file)
            if not file.tell():
                records.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
            records.write(event.SerializeToString())

    def _path(self):
        """Return the folder's last file where this process has begun it, else a new one, which will be the last."""
        folder, own = pathlib.Path(self.log_dir), f"{socket.gethostname()}.{os.getpid()}.{_BEGIN}"
        folder.mkdir(parents=True, exist_ok=True)
        last = max(folder.glob(_FILES), default=None)
        if last is not None and last.name.endswith(f".{own}"):
            return last
        return folder / f"events.out.tfevents.{int(time.time())}.{own}"

    def drop_after(self, step: int) -> None:
        """Take points of later steps out of the folder's files, as a run must that resumes from `step`.

        What a killed process left half-written at a file's end goes with them.

        Args:
            step: int, the last step that stays.
        """
        from tensorboard.compat.proto.event_pb2 import Event

        for path in sorted(pathlib.Path(self.log_dir).glob(_FILES)):
            content = path.read_bytes()
            kept = [record for record, event in _records(content) if Event.FromString(event).step <= step]
            if len(b"".join(kept)) < len(content):
                write_file(path, b"".join(kept))


def _records(content):
    """Return the whole records of an event file, each with the event inside: length, checksum, event, checksum."""
    begin = 0
    while begin + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, begin)
        end = begin + 12 + length + 4
        if end > len(content):
            return
        yield content[begin:end], content[begin + 12 : end - 4]
        begin = end
