"""`nnfast.keras` is nnfast, for imports too: `from nnfast.keras.layers import Dense` gives `nnfast.layers.Dense`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader  # which takes time to import

_ALIAS = "nnfast.keras"


def install() -> None:
    """Make `nnfast.keras` another name of nnfast."""
    sys.modules[_ALIAS] = sys.modules["nnfast"]
    # First, or Python would load the files of the package's folder anew, under the other name.
    sys.meta_path.insert(0, _Finder)


class _Finder:
    """Finds the modules of nnfast by their other name."""

    @staticmethod
    def find_spec(fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if not fullname.startswith(_ALIAS + "."):
            return None
        real = "nnfast" + fullname.removeprefix(_ALIAS)
        try:
            module = import_module(real)
        except ModuleNotFoundError as error:
            if error.name == real:
                return None  # Python's own error names what was asked for
            raise
        return ModuleSpec(fullname, cast("Loader", _Loaded(module)), is_package=hasattr(module, "__path__"))


class _Loaded:
    """A loader of a module that is there."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has replaced it
