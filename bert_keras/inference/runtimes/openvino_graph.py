"""An encoder's graph in the forms for which OpenVINO has its fastest kernels; what it computes stays the same."""

from typing import Any

import numpy as np


def rewrite_graph(model: Any, *, rounds: bool) -> None:
    """Rewrite in place a graph that was read from Keras.

    Forms that it does not know it leaves, to be computed as they were. Rows of several sequences, by numbers above 1 in
    an input `padding_mask`, it no longer computes: the caller has them computed by others.

    Args:
        model: `openvino.Model`.
        rounds: Whether it is going to be computed in bfloat16.
    """
    from openvino import opset13 as opset
    from openvino import passes

    last_norms = _join_layer_norms(model, opset, passes)
    _split_products(model, opset, passes)
    _join_scales(model, opset, passes)
    _expect_one_sequence(model, opset, passes)
    if rounds:
        _end_in_products(model, opset, last_norms)


def _join_layer_norms(model, opset, passes):
    """Make one kernel of each layer norm, which Keras spells in ten that all go through memory; return their names."""
    node, anything = passes.WrapType, passes.AnyInput
    x, axes, epsilon, exponent = anything(), node("opset13.Constant"), node("opset13.Constant"), anything()
    gamma, beta = anything(), anything()
    mean = node("opset13.ReduceMean", [x, anything()])
    variance = node("opset13.ReduceMean", [node("opset13.SquaredDifference", [x, mean]), axes])
    scale = node("opset13.Power", [node("opset13.Add", [variance, epsilon]), exponent])
    scale = node("opset13.Multiply", [scale, gamma])
    shift = node("opset13.Multiply", [node("opset13.Multiply", [mean, anything()]), scale])
    names = set()
    for has_beta in (True, False):
        end = node("opset13.Add", [shift, beta]) if has_beta else shift
        end = node("opset13.Add", [node("opset13.Multiply", [x, scale]), end])
        for last, found in _matches(model, end, passes):
            last_axis = found[x].get_partial_shape().rank.get_length() - 1
            if _number(found[axes]) not in (-1, last_axis) or _number(found[exponent]) != -0.5:
                continue
            norm = opset.multiply(opset.mvn(found[x], [-1], True, _number(found[epsilon]), "inside_sqrt"), found[gamma])
            norm = opset.add(norm, found[beta]) if has_beta else norm
            last.output(0).replace(norm.output(0))
            names.add(norm.get_friendly_name())
    return names


def _split_products(model, opset, passes):
    """Multiply for queries, keys and values one by one: to cut one product up is a pass through memory more."""
    node, anything = passes.WrapType, passes.AnyInput
    x, weights, bias, shape, axis = anything(), anything(), node("opset13.Constant"), anything(), anything()
    product = node("opset13.MatMul", [x, weights])
    for has_bias in (True, False):
        rows = node("opset13.Add", [product, bias]) if has_bias else product
        parts = node("opset13.Split", [node("opset13.Reshape", [rows, shape]), axis])
        for split, found in _matches(model, parts, passes):
            uses = [[target.get_node() for target in output.get_target_inputs()] for output in split.outputs()]
            dims = split.input_value(0).get_partial_shape()
            is_known = len(dims) == 5 and dims[2] == len(uses) and _number(found[axis]) == 2
            if not is_known or any(use.get_type_name() != "Squeeze" for use in sum(uses, [])):
                continue
            is_turned = found[product].get_node().get_attributes()["transpose_b"]
            # Cut up when it is compiled, for they are constants.
            all_weights = opset.split(found[weights], opset.constant(0 if is_turned else 1), len(uses))
            all_biases = opset.split(found[bias], opset.constant(-1), len(uses)) if has_bias else None
            shape_of_part = opset.gather(found[shape], opset.constant([0, 1, 3, 4]), opset.constant(0))
            for part, uses_of_part in enumerate(uses):
                rows_of_part = opset.matmul(found[x], all_weights.output(part), False, is_turned)
                rows_of_part = opset.add(rows_of_part, all_biases.output(part)) if has_bias else rows_of_part
                rows_of_part = opset.reshape(rows_of_part, shape_of_part, False)
                for use in uses_of_part:
                    use.output(0).replace(rows_of_part.output(0))


def _join_scales(model, opset, passes):
    """Let attention scale its scores by itself, instead of all queries before."""
    node, anything = passes.WrapType, passes.AnyInput
    query, scale, own_scale, rest = anything(), node("opset13.Constant"), node("opset13.Constant"), anything()
    scaled = node("opset13.Transpose", [node("opset13.Multiply", [query, scale]), anything()])
    attention = node("opset13.ScaledDotProductAttention", [scaled, anything(), anything(), rest, own_scale])
    for last, found in _matches(model, attention, passes):
        if found[scale].get_node().get_data().size == 1:
            last.input_value(0).get_node().input(0).replace_source_output(found[query])
            factor = np.float32(_number(found[scale]) * _number(found[own_scale]))
            last.input(4).replace_source_output(opset.constant(factor).output(0))


def _expect_one_sequence(model, opset, passes):
    """Leave out what is looked up for packed rows alone, where the places of sequences are: 40 operations.

    They are small, and in a call for one sentence a tenth of all.
    """
    node, anything = passes.WrapType, passes.AnyInput
    mask, one, of_one_sequence = anything(), node("opset13.Constant"), anything()
    chosen = node("opset13.Select", [node("opset13.Greater", [mask, one]), anything(), of_one_sequence])
    for select, found in _matches(model, chosen, passes):
        source, rank = found[mask].get_node(), select.get_output_partial_shape(0).rank.get_length()
        while source.get_type_name() == "Convert":
            source = source.input_value(0).get_node()
        if source.get_friendly_name().split(":")[0] != "padding_mask" or _number(found[one]) != 1:
            continue
        kept = found[of_one_sequence]
        if missing := rank - kept.get_partial_shape().rank.get_length():
            kept = opset.unsqueeze(kept, opset.constant(list(range(missing)))).output(0)  # as wide as it was spread
        select.output(0).replace(kept)


def _end_in_products(model, opset, norms):
    """Put a product with the identity behind the norms in which the graph ends.

    OpenVINO rounds to bfloat16 what comes before a product, and keeps in float32 all that leads to an output without
    one: in BERT the residual connections, from the last norm to the embeddings. They are a third of the time.
    """
    waiting, seen = [result.input_value(0) for result in model.get_results()], set()
    while waiting:
        value = waiting.pop()
        name = value.get_node().get_friendly_name()
        if name in norms and name not in seen:
            uses = value.get_target_inputs()
            identity = opset.constant(np.eye(value.get_partial_shape()[-1].get_length(), dtype="float32"))
            product = opset.matmul(value, identity, False, False)
            for use in uses:
                use.replace_source_output(product.output(0))
        elif name not in seen and value.get_node().get_type_name() != "MatMul":
            waiting += value.get_node().input_values()
        seen.add(name)


def _matches(model, pattern, passes):
    """Yield each node that is the end of such a pattern, with what stands at each of the pattern's nodes."""
    matcher = passes.Matcher(pattern, "pattern")
    for node in model.get_ordered_ops():
        if node.get_output_size() and matcher.match(node.output(0)):
            yield node, matcher.get_pattern_value_map()


def _number(constant):
    return (
        float(constant.get_node().get_data().ravel()[0]) if constant.get_node().get_type_name() == "Constant" else None
    )
