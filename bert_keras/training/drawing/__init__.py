"""Pictures for TensorBoard, drawn by Pillow: arrays of numbers in, arrays of pixels out."""

from bert_keras.training.drawing.heat_map import heat_map
from bert_keras.training.drawing.lettering import drawable, legend
from bert_keras.training.drawing.reliability_diagram import reliability_diagram

__all__ = ["drawable", "heat_map", "legend", "reliability_diagram"]
