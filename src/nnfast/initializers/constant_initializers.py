"""Initializers whose values follow from their arguments alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from nnfast.graph import Array, Tensor
from nnfast.graph.dtypes import floatx, is_float, standardize
from nnfast.initializers.initializer import Initializer


def dtype_or_floatx(dtype: object) -> str:
    """The name of the element type that an initializer was asked for: `config.floatx()` where it was asked for none."""
    return floatx() if dtype is None else standardize(dtype)


class Constant(Initializer):
    """One value everywhere, or an array's values.

    Args:
        value: a number; or an array of numbers whose shape can be broadcast to the weight's; default 0.

    >>> Constant(6.0)((2,)).tolist()
    [6.0, 6.0]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: object = None) -> Tensor:
        return np.full(tuple(shape), self.value, dtype_or_floatx(dtype)).view(Tensor)

    def get_config(self) -> dict[str, Any]:
        return {"value": _serialized(self.value)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        return cls(_deserialized(config.get("value", 0.0)))


def _serialized(value: Any) -> Any:
    """A number as Python's, an array as the dictionary that Keras writes for one."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    return value


def _deserialized(value: Any) -> Any:
    """What `_serialized` described."""
    if isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        return np.array(value["config"]["value"], dtype=value["config"]["dtype"])
    return value


class Zeros(Initializer):
    """All zeros.

    >>> Zeros()((2,)).tolist()
    [0.0, 0.0]
    """

    def __call__(self, shape: Sequence[int], dtype: object = None) -> Tensor:
        return np.zeros(tuple(shape), dtype_or_floatx(dtype)).view(Tensor)


class Ones(Initializer):
    """All ones.

    >>> Ones()((2,), "int32").tolist()
    [1, 1]
    """

    def __call__(self, shape: Sequence[int], dtype: object = None) -> Tensor:
        return np.ones(tuple(shape), dtype_or_floatx(dtype)).view(Tensor)


class Identity(Initializer):
    """The identity matrix times a gain; a matrix that is not square has zeros in its further rows or columns.

    Args:
        gain: what stands on the diagonal; default 1.

    Raises:
        ValueError: when called with a shape that is not that of a matrix.

    >>> Identity(2.0)((2, 3)).tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: object = None) -> Tensor:
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Expected a shape of rank 2, got {tuple(shape)} of rank {len(shape)}."
            )
        rows, columns = shape
        return np.multiply(self.gain, np.eye(rows, columns)).astype(dtype_or_floatx(dtype)).view(Tensor)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


class STFT(Initializer):
    """The kernel of a convolution that computes one side of a short-time Fourier transform.

    The kernel has the shape (frame length, 1, frequencies), where `frequencies` are half the length of the transform
    plus one: the others are conjugates of these.

    Args:
        side: "real" (default) for the cosines or "imag" for the sines.
        window: what a frame is multiplied with: the name of a window of `scipy.signal` (default "hann"; SciPy has to be
            installed), an array of the frame's length, or None for nothing.
        scaling: "density" (default) divides the window by its L2 norm, "spectrum" by its L1 norm, None by nothing.
        periodic: whether a named window is one period of a periodic function; default False.

    Raises:
        ValueError: an argument is none of these, or the frame's length is not the window's.
        ImportError: a window is given by name and SciPy is not installed.

    >>> STFT(window=None)((4, 1, 3)).numpy().round()[:, 0].tolist()
    [[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [1.0, -1.0, 1.0], [1.0, -0.0, -1.0]]
    """

    def __init__(
        self, side: str = "real", window: Any = "hann", scaling: str | None = "density", periodic: bool = False
    ) -> None:
        if side not in ("real", "imag"):
            raise ValueError(f"Expected side to be 'real' or 'imag', got {side!r}")
        if scaling not in ("density", "spectrum", None):
            raise ValueError(f"Expected scaling to be 'density', 'spectrum' or None, got {scaling!r}")
        if isinstance(window, str):
            _named_window(window, 1, periodic)  # raises ValueError for a name that it does not know
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Sequence[int], dtype: object = None) -> Tensor:
        name = dtype_or_floatx(dtype)
        if len(shape) != 3 or not is_float(name):
            raise ValueError(f"Expected a shape of rank 3 and a float type, got {tuple(shape)} and {name}")
        frame, _, frequencies = shape
        turns = np.arange(frame)[:, None, None] * (np.arange(frequencies) / max(2 * (frequencies - 1), 1))
        angles = -2.0 * np.pi * turns
        kernel = np.cos(angles) if self.side == "real" else np.sin(angles)
        return (kernel * self._scaled_window(frame)).astype(name).view(Tensor)

    def _scaled_window(self, frame: int) -> Array:
        if self.window is None:
            return np.ones((frame, 1, 1))
        named = isinstance(self.window, str)
        window = _named_window(self.window, frame, self.periodic) if named else np.asarray(self.window, "float64")
        if window.shape != (frame,):
            raise ValueError(f"Expected a window of the frame's length {frame}, got shape {window.shape}")
        if self.scaling is not None:
            window = window / np.linalg.norm(window, 2 if self.scaling == "density" else 1)
        return window[:, None, None]

    def get_config(self) -> dict[str, Any]:
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}


def _named_window(name: str, length: int, periodic: bool) -> Array:
    try:
        from scipy.signal import get_window
    except ImportError as missing:
        raise ImportError(f"The window {name!r} comes from SciPy: pip install scipy, or give an array") from missing
    return np.asarray(get_window(name, length, periodic), "float64")
