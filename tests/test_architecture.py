"""Who may know whom: the includes of src/cpp and the imports of src/nnfast, held against ARCHITECTURE.md's rule."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CPP, PYTHON = ROOT / "src" / "cpp", ROOT / "src" / "nnfast"

# What the headers and sources of a room may include, beside its own.
CPP_KNOWS: dict[str, set[str]] = {
    "base": set(),
    "simd": {"base"},
    "kernels": {"base", "simd"},
    "runtime": {"base", "kernels"},
    "cuda": {"base", "simd", "kernels", "runtime"},
    "bindings": {"base", "kernels", "runtime", "cuda"},
}

# From the bottom to the top: a room may import those below its own line.
PYTHON_ROOMS: list[set[str]] = [
    {"_core", "tree", "naming", "aliases"},
    {"graph"},
    {"ops"},
    {"dtype_policies", "random", "gradients"},
    {"config"},
    {"utils", "datasets"},
    {"backend"},
    {"preprocessing"},
    {"activations", "initializers", "regularizers", "constraints"},
    {"losses"},
    {"metrics", "optimizers"},
    {"layers", "mixed_precision"},
    {"saving"},
    {"callbacks"},
    {"training"},
    {"models"},
    {"wrappers"},
    {"cli"},
    {"__init__", "__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(PYTHON_ROOMS) for room in rooms}


def includes() -> Iterator[tuple[str, str, str]]:
    """(room, file, header) of every #include."""
    for path in sorted(CPP.rglob("*")):
        if path.suffix in (".h", ".cpp", ".cu", ".inc"):
            for header in re.findall(r'#\s*include\s*[<"]([^>"]+)[>"]', path.read_text()):
                yield path.relative_to(CPP).parts[0], str(path.relative_to(CPP)), header


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """(room, file, source) of every module."""
    for path in sorted(PYTHON.rglob("*.py")):
        file = path.relative_to(PYTHON)
        yield file.with_suffix("").parts[0], str(file), ast.parse(path.read_text())


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports, in full."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [f"nnfast.{alias.name}" for alias in node.names] if module == "nnfast" else [module]
    return []


def test_every_room_is_in_the_rule() -> None:
    assert {path.name for path in CPP.iterdir()} == set(CPP_KNOWS)
    files = {path.name.split(".")[0] for path in PYTHON.iterdir() if path.suffix in (".py", ".pyi")}
    folders = {path.parent.name for path in PYTHON.glob("*/__init__.py")}
    assert files | folders == set(LEVEL)


# Within cuda/: kernels know a device's words, by whichever device.h the build gives them, and nothing of who launches
# them; drivers launch; the runtime knows the drivers' interface and neither of the two.
CUDA_KNOWS: dict[str, set[str]] = {
    "kernels": {"kernels"},
    "hardware": {"kernels", "driver.h"},
    "emulation": {"kernels", "driver.h"},
    "runtime": {"kernels", "driver.h"},
    "driver.h": {"kernels"},
}


def test_the_rooms_of_cuda() -> None:
    within = [
        (file.split("/")[1], file, header)
        for room, file, header in includes()
        if room == "cuda" and header.startswith("cuda/")
    ]
    breaches = [
        f"{file} includes {header}"
        for own, file, header in within
        if header.split("/")[1] not in {own, *CUDA_KNOWS[own]}
    ]
    above = [
        f"{file} includes {header}"
        for _, file, header in includes()
        if file.startswith("cuda/kernels/") and header.startswith("runtime/")
    ]
    assert breaches + above == []


def test_cpp_includes_point_downwards() -> None:
    breaches = [
        f"{file} includes {header}"
        for room, file, header in includes()
        if (target := header.split("/")[0]) in CPP_KNOWS and target != room and target not in CPP_KNOWS[room]
    ]
    assert breaches == []


@pytest.mark.parametrize(
    ("text", "home"),
    [
        (r"#\s*include\s*<(pybind11/|Python\.h)", "bindings"),
        (r"#\s*include\s*<omp\.h>|#\s*pragma\s+omp\b|\bomp_\w+\(", "base"),
        (r"#\s*include\s*<(\w+intrin\.h|arm_\w+\.h)>|\b_mm\d*_\w+\(", "simd"),
        (r"#\s*include\s*<cuda\w*\.h>|\bcuda[A-Z]\w+\(|<<<", "cuda"),
    ],
    ids=["pybind11", "OpenMP", "intrinsics", "CUDA"],
)
def test_what_only_one_room_knows(text: str, home: str) -> None:
    users = {path.relative_to(CPP).parts[0] for path in CPP.rglob("*.*") if re.search(text, path.read_text())}
    assert users == {home}


def test_python_imports_point_downwards() -> None:
    breaches = [
        f"{file} imports {name}"
        for room, file, source in modules()
        for node in ast.walk(source)
        for name in imported(node)
        if name.startswith("nnfast.") and name.split(".")[1] != room and LEVEL[name.split(".")[1]] >= LEVEL[room]
    ]
    assert breaches == []


def test_only_graph_and_config_know_the_engine() -> None:
    users = {
        room
        for room, _, source in modules()
        for node in ast.walk(source)
        for name in imported(node)
        if name.startswith("nnfast._core")
    }
    assert users == {"graph", "config", "__init__"}  # the package takes its version from there


def test_modules_load_numpy_and_no_other_library() -> None:
    # But for the estimators, which are scikit-learn's in their bases, and are loaded when they are asked for.
    loaded = {
        name.split(".")[0]
        for _, file, source in modules()
        for statement in source.body
        for name in imported(statement)
        if file != "wrappers/estimators.py"
    }
    assert not any(name.startswith(".") for name in loaded), "relative imports hide who knows whom"
    assert loaded - set(sys.stdlib_module_names) == {"numpy", "nnfast"}
