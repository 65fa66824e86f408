"""Prints the table of docs/keras-names.md: every public name of Keras, and whether nnfast has it, or why not.

    python docs/keras_names.py > docs/keras-names.md

Needs Keras beside nnfast; a test compares what it prints with the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from types import ModuleType

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras

import nnfast

NAMESPACES = (
    "layers", "losses", "metrics", "optimizers", "callbacks", "ops", "activations", "initializers", "regularizers",
    "constraints", "utils", "random", "saving", "models", "datasets", "tree", "dtype_policies", "config", "backend",
    "wrappers",
)  # fmt: skip

# Why a name is not there: the first pattern that is all of it, as "namespace.name".
REASONS = {
    r"layers\.(.*LSTM.*|.*GRU.*|.*RNN.*|Bidirectional|TimeDistributed)": "recurrence",
    r"layers\..*(Conv|Pool|Cropping|UpSampling|ZeroPadding).*|ops\..*conv.*": "convolution",
    r"layers\..*Attention": "attention",
    r"layers\.(Random.*|CenterCrop|Resizing|.*Mix.*|Aug.*|MaxNumBoundingBoxes|AutoContrast|Equalization)": "images",
    r"layers\.(Solarization|RandAugment|ContrastLimited.*)|ops\.(image|psnr)": "images",
    r"utils\.(array_to_img|img_to_array|load_img|save_img|image_dataset.*|bounding_boxes)": "images",
    r"layers\.(MelSpectrogram|STFTSpectrogram)|utils\.audio.*": "sound",
    r"ops\.(i?r?fft.*|i?stft)": "Fourier transforms",
    r"ops\.(view_as_.*|polar)": "complex numbers, which no tensor here holds",
    r"ops\.(linalg|cholesky.*|det|eigh?|inv|jvp|lstsq|lu_factor|matrix_rank|norm|pinv|qr|svd)": "linear algebra",
    r"ops\.(slogdet|logdet|solve.*)": "linear algebra",
    r".*[cC][tT][cC].*": "connectionist temporal classification, a loss of recurrent networks",
    r"layers\.(TFSMLayer|JaxLayer|FlaxLayer|TorchModuleWrapper)": "layers of other frameworks",
    r"utils\.FeatureSpace": "crossed features",
    r"ops\.numpy": "its names are in ops itself",
    r"callbacks\.OrbaxCheckpoint": "Orbax's files; BackupAndRestore and ModelCheckpoint write nnfast's own",
    r"saving\.KerasFileEditor": "a tool for terminals",
    r"dtype_policies\..*": "nothing is quantized",
    r"(utils|optimizers)\.legacy": "optimizers and files of Keras 2",
}  # fmt: skip


def public_names(space: ModuleType) -> list[str]:
    """What a namespace has, but for what is private."""
    return sorted(name for name in dir(space) if not name.startswith("_"))


def reason(name: str) -> str:
    """Why nnfast does not have `name`, as "namespace.name".

    Raises:
        ValueError: nobody has said why: it is to be there, or REASONS is to say it.
    """
    found = next((why for pattern, why in REASONS.items() if re.fullmatch(pattern, name)), None)
    if found is None:
        raise ValueError(f"Expected keras.{name} in nnfast, or a reason why it is not, got neither")
    return found


def lines() -> Iterator[str]:
    yield "# Keras's names"
    yield ""
    yield f"Every public name of Keras {keras.__version__}: those that nnfast has, and why it does not have the others."
    yield "Made by `python docs/keras_names.py`; do not edit."
    for space in NAMESPACES:
        theirs, ours = getattr(keras, space), getattr(nnfast, space, None)
        names = public_names(theirs)
        there = [name for name in names if hasattr(ours, name)]
        missing: dict[str, list[str]] = {}
        for name in names:
            if name not in there:
                missing.setdefault(reason(f"{space}.{name}"), []).append(name)
        yield ""
        yield f"## keras.{space}: {len(there)} of {len(names)}"
        yield ""
        yield "| | |"
        yield "| --- | --- |"
        if there:
            yield f"| there | {' '.join(there)} |"
        for why, absent in sorted(missing.items()):
            yield f"| {why} | {' '.join(absent)} |"


if __name__ == "__main__":
    print("\n".join(lines()))
