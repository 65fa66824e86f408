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

NAMESPACES = [
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "callbacks",
    "ops",
    "activations",
    "initializers",
    "regularizers",
    "constraints",
    "utils",
    "random",
    "saving",
    "models",
    "datasets",
    "tree",
    "dtype_policies",
    "config",
    "backend",
    "wrappers",
]

# Why a name is not there: the first pattern that matches it, as "namespace.name".
REASONS = {
    r"layers\..*(Conv|Pooling[123]D|Pool[123]D|Cropping|UpSampling|ZeroPadding)|ops\..*(conv|pool)": "convolution",
    r"ops\.(depth_to_space|space_to_depth|fold|unfold)": "convolution",
    r"layers\.(.*LSTM|.*GRU|.*RNN.*|Bidirectional|TimeDistributed|StackedRNN.*)": "recurrence",
    r"layers\..*Attention": "attention",
    r"ops\.dot_product_attention": "attention",
    r"layers\.(Random.*|CenterCrop|Resizing|.*Mix|Aug.*|MaxNumBoundingBoxes|AutoContrast|Equalization|Solarization)":
        "images",
    r"layers\.(MixUp|RandAugment|Pipeline)|ops\.(image|psnr)|preprocessing\.image": "images",
    r"utils\.(array_to_img|img_to_array|load_img|save_img|image_dataset.*|bounding_boxes)": "images",
    r"layers\.(MelSpectrogram|STFTSpectrogram)|utils\.audio.*": "sound",
    r"ops\.(fft.*|ifft.*|rfft|irfft|stft|istft|extract_sequences)": "Fourier transforms",
    r"ops\.(view_as_.*|angle|real|imag|conj|conjugate|isreal|polar)": "complex numbers",
    r"ops\.(linalg|cholesky.*|det|eigh?|inv|jvp|lstsq|lu_factor|matrix_rank|norm|pinv|qr|solve.*|svd|slogdet|logdet)":
        "linear algebra",
    r".*[cC][tT][cC].*": "connectionist temporal classification",
    r"layers\.(TFSMLayer|JaxLayer|FlaxLayer|TorchModuleWrapper)": "other frameworks' layers",
    r"layers\.(HashedCrossing|FeatureSpace)|utils\.FeatureSpace": "crossed features",
    r"layers\.(SpectralNormalization|ReversibleEmbedding)": "rarely used in such networks",
    r"callbacks\.OrbaxCheckpoint": "Orbax",
    r"dtype_policies\..*|layers\.(QuantizationConfig|.*Quant.*)": "quantization",
    r"config\..*flash_attention.*": "attention",
    r"config\..*(backend|nnx).*": "there is one backend",
    r"config\..*": "not there yet",
    r"saving\.KerasFileEditor": "not there yet",
    r"utils\.timeseries_dataset_from_array": "not there yet",
    r"(utils|optimizers)\.legacy": "earlier versions of Keras",
    r"utils\.Config": "not there yet",
}  # fmt: skip


def public_names(space: ModuleType) -> list[str]:
    """What a namespace has, but for what is private."""
    return sorted(name for name in dir(space) if not name.startswith("_"))


def reason(name: str) -> str:
    """Why nnfast does not have `name`, as "namespace.name"."""
    return next((why for pattern, why in REASONS.items() if re.fullmatch(pattern, name)), "not there yet")


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
