"""Masks: which steps of a sequence count. They ride on tensors, from the layer that knows to those that ask."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast import tree
from nnfast.graph import Operators, get_mask, set_mask
from nnfast.utils.tracebacks import users_line

if TYPE_CHECKING:
    from nnfast.layers.layer import Layer


def set_masks(tensors: Any, masks: Any) -> None:
    """Says which parts of a tensor count, or of several; None says nothing."""
    if masks is not None:
        for tensor, mask in zip(tree.flatten(tensors), tree.flatten(masks), strict=True):
            if mask is not None:
                set_mask(tensor, mask)


def keep_mask(old: Any, new: Any) -> Any:
    """The new tensor, with the mask of the one that it was made of."""
    mask = get_mask(old)
    if mask is not None and new is not old:
        set_mask(new, mask)
    return new


def get_masks(tensors: Any) -> Any:
    """The mask of a tensor, or a structure of those of several; None where no tensor has one."""
    masks = tree.map_structure(get_mask, tensors)
    return masks if any(mask is not None for mask in tree.flatten(masks)) else None


def masks_asked_for(names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The masks for those of `call`'s arguments, called `names`, that ask for some and were given none: `mask`, of a
    single tensor or structure; or `x_mask` and `y_mask`, of several that are called `x` and `y`."""
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    tensors = {name: value for name, value in given.items() if _holds_tensors(value)}
    asked = {"mask" if len(tensors) == 1 else f"{name}_mask": value for name, value in tensors.items()}
    found = {name: get_masks(value) for name, value in asked.items() if name in names and given.get(name) is None}
    return {name: mask for name, mask in found.items() if mask is not None}


def _holds_tensors(structure: Any) -> bool:
    return any(isinstance(leaf, Operators | np.ndarray) for leaf in tree.flatten(structure))


def pass_on(layer: Layer, inputs: Any, masks: Any, outputs: Any) -> None:
    """Gives a layer's outputs the masks that `compute_mask` makes of the inputs'.

    Warns:
        UserWarning: the layer does not know what to do with masks, and they are lost.
    """
    made = tree.flatten(outputs)
    if not layer.supports_masking:
        if masks is not None:
            warnings.warn(
                f"Layer '{layer.name}' (of type {type(layer).__name__}) was passed an input with a mask attached to "
                "it. However, this layer does not support masking and will therefore destroy the mask information. "
                "Downstream layers will not see the mask.",
                stacklevel=users_line(),
            )
        return
    if all(get_mask(output) is not None for output in made):
        return
    computed = layer.compute_mask(inputs, masks)
    if computed is None:
        return
    for output, mask in zip(made, tree.flatten(computed), strict=False):
        if get_mask(output) is None and mask is not None:
            set_mask(output, mask)
