"""Pictures for TensorBoard, drawn by Pillow: numbers and texts in, arrays of pixels out."""

from bert_keras.training.drawing.coloured_spans import coloured_spans
from bert_keras.training.drawing.heat_map import heat_map
from bert_keras.training.drawing.lettering import drawable, is_drawable, legend
from bert_keras.training.drawing.reliability_diagram import reliability_diagram

__all__ = ["coloured_spans", "drawable", "heat_map", "is_drawable", "legend", "reliability_diagram"]
