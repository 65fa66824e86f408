"""Sums of products by Einstein's notation, as matrix products."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from nnfast.graph import TensorLike
from nnfast.ops.linear import matmul
from nnfast.ops.movement import arange, expand_dims, reshape, squeeze, transpose
from nnfast.ops.pointwise import cast, equal, multiply
from nnfast.ops.reduction import sum
from nnfast.ops.shapes import dtype_of, promote

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class _Labelled(NamedTuple):
    """A tensor with a letter for each of its axes."""

    tensor: Any
    labels: str

    def sizes(self, labels: str) -> tuple[int | None, ...]:
        """The lengths of some axes."""
        return tuple(self.tensor.shape[self.labels.index(label)] for label in labels)

    def ordered(self, labels: str) -> Any:
        """The tensor with its axes in this order."""
        order = [self.labels.index(label) for label in labels]
        return self.tensor if order == sorted(order) else transpose(self.tensor, order)

    def summed(self, keep: str) -> _Labelled:
        """Summed over the axes that are not to be kept."""
        axes = [axis for axis, label in enumerate(self.labels) if label not in keep]
        if not axes:
            return self
        return _Labelled(sum(self.tensor, axes), "".join(label for label in self.labels if label in keep))

    def spread(self, labels: str) -> Any:
        """The tensor with its axes where `labels` has them, and axes of length 1 where it has others."""
        tensor = self.ordered("".join(label for label in labels if label in self.labels))
        for axis, label in enumerate(labels):
            if label not in self.labels:
                tensor = expand_dims(tensor, axis)
        return tensor


def einsum(subscripts: str, *operands: TensorLike) -> Any:
    """Products of the operands' elements, summed over the axes that the result does not have.

    Args:
        subscripts: a letter for each axis of each operand, with commas between operands, "->" and the letters of the
            result's axes: "ij,jk->ik" is a matrix product. "..." stands for axes that are not named; without "->", the
            result has those, and then the letters that occur once, in alphabetical order.
        *operands: tensors of one type, or that are promoted to one.

    Returns:
        A tensor with an axis for each letter of the result.

    Raises:
        ValueError: letters that don't suit the operands, or axes of one letter whose lengths differ.

    Example:

    >>> einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]]).numpy()
    array([[11.]], dtype=float32)
    >>> einsum("ii", [[1.0, 2.0], [3.0, 4.0]]).item()
    5.0
    """
    tensors = promote(*operands) if operands else []
    inputs, output = _parse(subscripts, [tensor.ndim for tensor in tensors])
    terms = [_without_repeats(_Labelled(*pair)) for pair in zip(tensors, inputs, strict=True)]
    _check_sizes(subscripts, terms)
    first, *rest = terms
    for number, second in enumerate(rest):
        keep = output + "".join(term.labels for term in rest[number + 1 :])
        first = _contracted(first, second, keep)
    return first.summed(output).ordered(output)


def _parse(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """The letters of the axes of each operand and of the result, with letters for those that "..." stands for."""
    text = re.sub(r"\s", "", subscripts) if isinstance(subscripts, str) else ""
    inputs, arrow, output = text.partition("->")
    parts = inputs.split(",")
    if not ranks or len(parts) != len(ranks):
        raise ValueError(f"Expected subscripts for {len(ranks)} operands, got {subscripts!r}.")
    if not all(re.fullmatch(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*", part) for part in (*parts, output)):
        raise ValueError(f"Expected letters, commas, '...' and '->', as in 'ij,jk->ik', got {subscripts!r}.")
    free = [letter for letter in _LETTERS if letter not in text]
    hidden = [rank - len(part.replace(".", "")) for part, rank in zip(parts, ranks, strict=True)]
    if any(count < 0 or (count > 0 and "." not in part) for part, count in zip(parts, hidden, strict=True)):
        raise ValueError(f"Expected a letter for each axis of operands of the ranks {ranks}, got {subscripts!r}.")
    most = max(hidden)
    if most > len(free):
        raise ValueError(f"Expected at most {len(_LETTERS)} axes, got {subscripts!r} for ranks {ranks}.")
    common = "".join(free[:most])
    if not arrow:
        once = sorted(letter for letter in set(inputs) - set(".,") if inputs.count(letter) == 1)
        output = "..." * ("." in inputs) + "".join(once)
    parts = [part.replace("...", common[most - count :]) for part, count in zip(parts, hidden, strict=True)]
    if "." not in output and most:
        raise ValueError(f"Expected '...' in the result too, where operands have axes for it, got {subscripts!r}.")
    output = output.replace("...", common)
    if len(set(output)) < len(output) or not set(output) <= set("".join(parts)):
        raise ValueError(f"Expected each of the result's letters once, and in an operand, got {subscripts!r}.")
    return parts, output


def _without_repeats(term: _Labelled) -> _Labelled:
    """A letter that stands twice means the diagonal of these axes."""
    for label in sorted(set(term.labels)):
        while term.labels.count(label) > 1:
            first = term.labels.index(label)
            second = term.labels.index(label, first + 1)
            size, other = term.tensor.shape[first], term.tensor.shape[second]
            if size != other or size is None:
                raise ValueError(f"Expected axes of one known length for {label!r}, got shape {term.tensor.shape}.")
            numbers = [
                reshape(arange(size), [size if axis == at else 1 for axis in range(len(term.labels))])
                for at in (first, second)
            ]
            diagonal = cast(equal(*numbers), dtype_of(term.tensor))
            labels = term.labels[:second] + term.labels[second + 1 :]
            term = _Labelled(cast(sum(multiply(term.tensor, diagonal), second), dtype_of(term.tensor)), labels)
    return term


def _check_sizes(subscripts: str, terms: list[_Labelled]) -> None:
    """Raises a ValueError where axes of one letter differ, and none of them has length 1."""
    sizes: dict[str, set[int | None]] = {}
    for term in terms:
        for label, size in zip(term.labels, term.tensor.shape, strict=True):
            sizes.setdefault(label, set()).add(size)
    if any(len(found - {1}) > 1 for found in sizes.values()):
        shapes = " and ".join(str(term.tensor.shape) for term in terms)
        raise ValueError(f"Expected one length for each letter of {subscripts!r}, got the shapes {shapes}.")


def _contracted(first: _Labelled, second: _Labelled, keep: str) -> _Labelled:
    """The product of two tensors, summed over the axes that nobody needs any more."""
    first, second = _unstretched(first, second), _unstretched(second, first)
    first, second = first.summed(keep + second.labels), second.summed(keep + first.labels)
    if None in second.sizes(_others(second, first)):
        first, second = second, first  # rows may be several axes, among them the batch; columns may not
    shared = [label for label in first.labels if label in second.labels]
    summed = "".join(label for label in shared if label not in keep)
    batch = "".join(label for label in shared if label in keep)
    left, right = _others(first, second), _others(second, first)
    leading, depth = first.sizes(batch), _merged(first.sizes(summed))
    rows, columns = first.sizes(left), second.sizes(right)
    rows_beside = rows if rows and not batch else (_merged(rows),)  # one matrix takes rows of several axes
    if not summed or _APART in (depth, *rows_beside):
        labels = batch + left + right + summed
        return _Labelled(multiply(first.spread(labels), second.spread(labels)), labels).summed(keep)
    a = reshape(first.ordered(batch + left + summed), (*leading, *rows_beside, depth))
    b = reshape(second.ordered(batch + summed + right), (*leading, depth, _merged(columns)))
    return _Labelled(reshape(matmul(a, b), (*leading, *rows, *columns)), batch + left + right)


def _others(term: _Labelled, than: _Labelled) -> str:
    """The letters that only the first of two has."""
    return "".join(label for label in term.labels if label not in than.labels)


def _unstretched(term: _Labelled, other: _Labelled) -> _Labelled:
    """Without the axes of length 1 that the other has longer."""
    stretched = [label for label in term.labels if label in other.labels and term.sizes(label) == (1,)]
    stretched = [label for label in stretched if other.sizes(label) != (1,)]
    if not stretched:
        return term
    kept = "".join(label for label in term.labels if label not in stretched)
    return _Labelled(squeeze(term.tensor, [term.labels.index(label) for label in stretched]), kept)


_APART = -1  # the batch stays an axis of its own


def _merged(sizes: tuple[int | None, ...]) -> int | None:
    """The length of one axis in place of several, _APART where there is none; None is the batch."""
    known = [size for size in sizes if size is not None]
    if len(known) == len(sizes):
        return math.prod(known)
    return None if len(sizes) == 1 else _APART
