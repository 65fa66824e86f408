"""EinsumDense: sums over the axes that an equation names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nnfast import activations, constraints, initializers, ops, regularizers
from nnfast.graph import Variable
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.layer import Layer


class EinsumDense(Layer):
    """activation(einsum(equation, inputs, kernel) + bias): a Dense layer over any axes.

    Args:
        equation: what `ops.einsum` takes of the inputs and the kernel: "ab,bc->ac" is a Dense layer, and
            "...x,xy->...y" one over the last axis of inputs of any rank. "..." may stand first or last.
        output_shape: the sizes of the outputs' named axes but the batch, or one size; None for those of the inputs.
        activation: a name or a function; default None, the sums themselves.
        bias_axes: the letters of the outputs' axes along which a bias differs; default None, no bias.
        kernel_initializer: default "glorot_uniform"; its inputs and outputs are those of the equation.
        bias_initializer: default "zeros".
        kernel_regularizer, bias_regularizer: what training adds to the loss for the weights; default None.
        kernel_constraint, bias_constraint: what the optimizer's new values go through; default None.
        **kwargs: name, dtype, trainable, activity_regularizer, input_shape, as of Layer.

    Raises:
        ValueError: when built: an equation of another form, or letters that don't suit the shapes.

    >>> layer = EinsumDense("abc,cd->abd", output_shape=(None, 2), bias_axes="d", kernel_initializer="ones")
    >>> layer([[[1.0, 2.0, 3.0]]]).tolist()
    [[[6.0, 6.0]]]
    >>> [weight.shape for weight in layer.weights]
    [(3, 2), (2,)]
    """

    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.equation = equation
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, input_shape: Shape) -> None:
        shapes = _shapes(self.equation, self.bias_axes, input_shape, self.partial_output_shape)
        if None in (*shapes.kernel, *(shapes.bias or ())):
            raise ValueError(
                f"Layer '{self.name}' needs to know the sizes of its weights' axes, got {input_shape=} and "
                f"output_shape={self.partial_output_shape}"
            )
        self.kernel = self.add_weight(
            shapes.kernel,
            _along(self.kernel_initializer, shapes.kernel_inputs, shapes.kernel_outputs),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if shapes.bias is not None:
            self.bias = self.add_weight(
                shapes.bias,
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(ndim=len(input_shape))

    def call(self, inputs: Any) -> Any:
        outputs = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return _shapes(self.equation, self.bias_axes, input_shape, self.partial_output_shape).outputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "equation": self.equation,
            "output_shape": self.partial_output_shape,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }


class _Shapes(NamedTuple):
    """Of the weights and the outputs, and which axes of the kernel are of the inputs alone, and which of the
    outputs."""

    kernel: tuple[Any, ...]
    bias: tuple[Any, ...] | None
    outputs: Shape
    kernel_inputs: list[int]
    kernel_outputs: list[int]


_FORMS = (
    r"(?P<inputs>[a-zA-Z]+),(?P<kernel>[a-zA-Z]+)->(?P<outputs>[a-zA-Z]+)",
    r"(?P<first>\.\.\.)(?P<inputs>[a-zA-Z]+),(?P<kernel>[a-zA-Z]+)->\.\.\.(?P<outputs>[a-zA-Z]+)",
    r"(?P<inputs>[a-zA-Z]{2,})\.\.\.,(?P<kernel>[a-zA-Z]+)->(?P<outputs>[a-zA-Z]+)\.\.\.",
)


def _shapes(equation: str, bias_axes: str | None, input_shape: Shape, output_shape: Shape) -> _Shapes:
    """What an equation makes of the shape of the inputs, with the batch, and that of the outputs, without it.

    Raises:
        ValueError: an equation of another form, or letters that don't suit the shapes.
    """
    found = next(filter(None, (re.match(form, equation) for form in _FORMS)), None)
    if found is None:
        raise ValueError(
            f"Invalid einsum equation '{equation}'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], or "
            "[X]...,[Y]->[Z]...."
        )
    parts = found.groupdict()
    inputs, kernel, outputs = parts["inputs"], parts["kernel"], parts["outputs"]
    hidden = len(input_shape) - len(inputs)  # axes that "..." stands for
    if hidden < 0:
        raise ValueError(f"'{equation}' has letters for {len(inputs)} axes, got inputs of shape {input_shape}")
    before = hidden if parts.get("first") else 0
    given = (input_shape[0], *output_shape)
    if before:
        full: Shape = (*input_shape[:before], *output_shape)
    else:
        full = (*given, *input_shape[len(inputs) :])
    if len(full) != len(outputs) + hidden:
        raise ValueError(f"'{equation}' has outputs of {len(outputs)} named axes, got output_shape={output_shape}")
    in_size = dict(zip(inputs, input_shape[before:], strict=False))
    out_size = dict(zip(outputs, full[before:], strict=False))
    _check_letters(in_size, kernel, out_size)
    out_size = {letter: in_size.get(letter) if size is None else size for letter, size in out_size.items()}
    full = (*full[:before], *out_size.values(), *full[before + len(outputs) :])
    bias = None
    if bias_axes is not None:
        for letter in bias_axes:
            if letter not in outputs:
                raise ValueError(
                    f"Bias dimension '{letter}' was requested, but is not part of the output spec '{outputs}'"
                )
        from_first = outputs[min(map(outputs.find, bias_axes)) :] if bias_axes else ""
        bias = tuple(out_size[letter] if letter in bias_axes else 1 for letter in from_first) + (1,) * (hidden - before)
    return _Shapes(
        tuple(out_size[letter] if letter in out_size else in_size[letter] for letter in kernel),
        bias,
        full,
        [axis for axis, letter in enumerate(kernel) if letter not in out_size],
        [axis for axis, letter in enumerate(kernel) if letter in out_size],
    )


def _check_letters(in_size: Mapping[str, Any], kernel: str, out_size: Mapping[str, Any]) -> None:
    """Raises a ValueError where letters have two sizes, or none."""
    inputs, outputs = "".join(in_size), "".join(out_size)
    for letter, size in in_size.items():
        if out_size.get(letter) not in (None, size):
            raise ValueError(
                f"Input shape and output shape do not match at shared dimension '{letter}'. Input shape is {size}, and "
                f"output shape is {out_size[letter]}."
            )
    for letter in outputs:
        if letter not in inputs and letter not in kernel:
            raise ValueError(
                f"Dimension '{letter}' was specified in the output '{outputs}' but has no corresponding dim in the "
                f"input spec '{inputs}' or weight spec '{kernel}'"
            )
    for letter in kernel:
        if letter not in inputs and letter not in outputs:
            raise ValueError(
                f"Weight dimension '{letter}' did not have a match in either the input spec '{inputs}' or the output "
                f"spec '{outputs}'. For this layer, the weight must be fully specified."
            )


def _along(initializer: Any, inputs: list[int], outputs: list[int]) -> Any:
    """An initializer for a weight with several axes of inputs or outputs; the same one where it is told, or won't
    know."""
    if not isinstance(initializer, initializers.VarianceScaling) or None not in (
        initializer.input_axes,
        initializer.output_axes,
    ):
        return initializer
    axes = {"input_axes": inputs, "output_axes": outputs, "seed": initializer.seed}
    return type(initializer).from_config({**initializer.get_config(), **axes})
