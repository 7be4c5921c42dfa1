"""What the examples of a task can be: what a recipe's command line and the readers of data share."""

from typing import Literal

TaskKind = Literal["texts", "choices", "tags", "questions", "relations", "triples", "matching", "generation"]
