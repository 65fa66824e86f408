"""Where Programs run: on the CPU, or on a device with a module of its own, which is loaded when it is asked for."""

from __future__ import annotations

import importlib
import os
from typing import Protocol, cast

from nnfast import _core


class Engine(Protocol):
    """What lowering wants of a device's module; `_core` has it for the CPU."""

    @property
    def Program(self) -> type[_core.Program]: ...

    @property
    def panel_columns(self) -> dict[str, int]: ...

    @property
    def multiplies_halves(self) -> bool:
        """Whether products and chains read half precision as it is stored, for as much as float32."""
        ...


_MODULES = {"cpu": "_core", "cuda": "_cuda", "cuda-emulated": "_cuda_emulated"}
_HOW_TO_GET = {
    "cuda": "This nnfast was built without it. With NVIDIA's compiler nvcc installed, build it so: "
    "`pip install . -C cmake.define.NNFAST_CUDA=ON` where its sources are; docs/cuda.md says more.",
    "cuda-emulated": "It is for nnfast's own tests, which build it: cmake -DNNFAST_CUDA_EMULATED=ON.",
}

_device: str | None = None  # None: as NNFAST_DEVICE says
_engines: dict[str, Engine] = {}


def device() -> str:
    """The device that Programs run on: what `set_device` said, else NNFAST_DEVICE, else 'cpu'."""
    if _device is None:
        set_device(os.environ.get("NNFAST_DEVICE") or "cpu")
    assert _device is not None
    return _device


def set_device(name: str) -> None:
    """Sets the device that everything runs on from now on. Models and their weights follow by themselves.

    Args:
        name: 'cpu', or 'cuda' for NVIDIA's first GPU.

    Raises:
        ValueError: any other name.
        ImportError: nnfast was built without that device; the message says how to build it.
        RuntimeError: the GPU can't be used; the message says what its driver answered.

    >>> from nnfast import config
    >>> config.set_device("cpu")
    >>> config.device()
    'cpu'
    """
    global _device
    if name not in _MODULES:
        raise ValueError(f"Expected one of the devices 'cpu' and 'cuda', got {name!r}.")
    if name not in _engines:
        _engines[name] = _load(name)
    _device = name


def describe() -> str:
    """The device that Programs run on, and which one of its kind."""
    name = device()
    about = getattr(engine(), "device_name", None)
    return f"{name}, {about()}" if about is not None else name


def engine() -> Engine:
    """The module of the device that Programs run on."""
    return _engines[device()]


def _load(name: str) -> Engine:
    if name == "cpu":
        return cast(Engine, _core)
    try:
        module = importlib.import_module(f"nnfast.{_MODULES[name]}")
    except ModuleNotFoundError:
        raise ImportError(f"There is no device {name!r}. {_HOW_TO_GET[name]}") from None
    if module.version != _core.version:
        raise ImportError(f"Expected {module.__name__} of nnfast {_core.version}, got that of {module.version}.")
    module.device_name()
    return cast(Engine, module)
