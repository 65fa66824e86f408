"""Without a module for GPUs, or without a GPU: nothing of it is there, and who asks is told."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from contracts.processes import output_of, run_python

from nnfast import _core, config

has_module = importlib.util.find_spec("nnfast._cuda") is not None


def test_the_package_is_free_of_cuda_but_for_a_module_of_its_own() -> None:
    files = [path for path in Path(_core.__file__).parent.rglob("*") if path.suffix != ".pyc"]
    of_device = [path.name for path in files if "cuda" in path.name]
    assert len(of_device) == has_module and all(name.startswith("_cuda.") for name in of_device)
    binaries = [path for path in files if ".so" in path.suffixes and path.name not in of_device]
    assert Path(_core.__file__) in binaries  # with its symbols, the libraries that it needs, and its strings
    assert [path.name for path in binaries if b"cuda" in path.read_bytes().lower()] == []


def test_importing_loads_no_device() -> None:
    code = """
        import sys, nnfast
        nnfast.ops.add(1.0, 2.0)
        print([name for name in sys.modules if "_cuda" in name], nnfast.config.device())
        print([line for line in open("/proc/self/maps") if "cuda" in line.rpartition("/")[2].lower()])
        """
    assert output_of(code).splitlines() == ["[] cpu", "[]"]


@pytest.mark.skipif(has_module, reason="this nnfast has the module")
def test_a_device_that_was_not_built_says_how_to_get_it() -> None:
    with pytest.raises(ImportError, match=r"(?s)no device 'cuda'.*nvcc.*NNFAST_CUDA=ON"):
        config.set_device("cuda")
    assert config.device() == "cpu"
    result = run_python("import nnfast; nnfast.ops.add(1.0, 2.0)", {"NNFAST_DEVICE": "cuda"})
    assert result.returncode == 1 and "NNFAST_CUDA=ON" in result.stderr.splitlines()[-1]


def test_an_unknown_device_is_an_error() -> None:
    with pytest.raises(ValueError, match="Expected one of the devices 'cpu' and 'cuda', got 'gpu'"):
        config.set_device("gpu")
