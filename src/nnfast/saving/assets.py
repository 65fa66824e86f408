"""Files that layers write beside their weights, such as vocabularies: a folder for each that has `save_assets`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from nnfast.saving.state import walk


def collect_assets(model: Any) -> dict[str, bytes]:
    """What the layers of a model write, by path."""
    parts = [(path, part) for path, part in walk(model) if hasattr(part, "save_assets")]
    if not parts:
        return {}
    from pathlib import Path  # these take time
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        for path, part in parts:
            own = os.path.join(folder, path)
            os.makedirs(own, exist_ok=True)
            part.save_assets(own)
        files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
        return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def load_assets(model: Any, assets: Mapping[str, bytes]) -> None:
    """Let the layers of a model read what they wrote.

    Raises:
        ValueError: files that are none of theirs, or whose paths lead elsewhere.
    """
    parts = [(path, part) for path, part in walk(model) if hasattr(part, "load_assets")]
    if not parts or not assets:
        return
    from pathlib import Path, PurePosixPath
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        for name, content in assets.items():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
                raise ValueError(f"Expected assets within their folder, got one at {name!r}")
            file = Path(folder, *path.parts)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for path_of_part, part in parts:
            own = os.path.join(folder, path_of_part)
            if not os.path.isdir(own):
                continue
            try:
                part.load_assets(own)
            except Exception as error:
                raise ValueError(f"The assets of {part!r} can't be read: {error}") from error
