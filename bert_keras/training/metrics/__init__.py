"""Numbers that say how good a model is, as each field's official scorer computes them."""
