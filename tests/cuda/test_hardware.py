"""On NVIDIA's GPUs: compiled and linked wherever there is nvcc; `pytest -m cuda` runs the tests of numbers on one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from building import REPOSITORY
from contracts.processes import PRELUDE, run_python
from device_suites import ALL, run_on

from nnfast import config


@pytest.fixture
def compiled(built: Any) -> Any:
    if not list(built.folder.glob("_cuda.*")):
        pytest.skip("nvcc is not installed")
    return built


def test_no_kernel_spills_and_the_document_has_their_registers(compiled: Any) -> None:
    functions = re.findall(r"Function properties for (\S+)\n\s*.*?(\d+) bytes spill stores, (\d+) bytes", compiled.log)
    assert sum("Matmul" in name for name, *_ in functions) == 2
    assert [name for name, *spills in functions if spills != ["0", "0"]] == []
    registers = re.findall(r"Used (\d+) registers", compiled.log)
    assert len(registers) == 1 and int(registers[0]) <= 128
    text = (REPOSITORY / "docs" / "cuda.md").read_text()
    assert f"{registers[0]} registers" in text


def test_without_a_gpu_it_says_what_the_driver_answered(compiled: Any) -> None:
    code = f"""
        import nnfast
        nnfast.__path__.append({str(compiled.folder)!r})
        nnfast.config.set_device("cuda")
        print("there is a GPU")
        """
    result = run_python(code)
    if "there is a GPU" not in result.stdout:
        assert re.search(r"RuntimeError: CUDA could not find a GPU: .+ \(cudaError\w+\)$", result.stderr.strip())


@pytest.fixture
def gpu() -> None:
    try:
        config.set_device("cuda")
    except (ImportError, RuntimeError) as problem:
        pytest.skip(str(problem))
    finally:
        config.set_device("cpu")


@pytest.mark.cuda
def test_the_numbers_of_a_gpu(gpu: None) -> None:
    run_on("cuda", None, ALL)


@pytest.mark.cuda
def test_two_fits_on_a_gpu_have_the_same_bits(gpu: None) -> None:
    code = PRELUDE + "net = small_net(); net.fit(x, y, verbose=0); print([w.sum().hex() for w in net.get_weights()])"
    runs = [run_python(code, {"NNFAST_DEVICE": "cuda"}) for _ in range(2)]
    assert runs[0].returncode == 0 and runs[0].stdout == runs[1].stdout, runs[0].stderr
    assert np.isfinite(float.fromhex(re.findall(r"'(.*?)'", runs[0].stdout)[0]))
