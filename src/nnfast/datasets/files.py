"""Where the files of data sets are looked for, and how a missing one is downloaded.

A file is looked for in the folder that NNFAST_DATA_DIR names, then in nnfast's own cache (NNFAST_HOME/datasets,
by default ~/.cache/nnfast/datasets, under XDG_CACHE_HOME where that is set), then in Keras's (KERAS_HOME/datasets,
by default ~/.keras/datasets), then in /usr/share/datasets, where Debian's packages put them. Only then is it
downloaded, into nnfast's cache. What is found is taken as it is: the checksum guards downloads.
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

SYSTEM_FOLDER = "/usr/share/datasets"


class DatasetUnavailable(FileNotFoundError):
    """A data set's file is on none of the folders looked in and could not be downloaded."""


class DatasetCorrupt(ValueError):
    """A data set's file was found or downloaded, but does not hold what it should."""


class Source(NamedTuple):
    """The public address of a data set's file, and the checksum of what must come from there: "sha256:HEXADECIMAL"."""

    address: str
    checksum: str


def cache_folder() -> str:
    """The folder that downloads go to."""
    home = os.environ.get("NNFAST_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "nnfast")
    return os.path.join(os.path.expanduser(home), "datasets")


def search_folders() -> list[str]:
    """The folders that hold data sets, in the order they are looked in."""
    chosen = os.environ.get("NNFAST_DATA_DIR")
    keras_home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")
    first = [os.path.expanduser(chosen)] if chosen else []
    return [*first, cache_folder(), os.path.join(keras_home, "datasets"), SYSTEM_FOLDER]


def locate(name: str | os.PathLike[str]) -> str | None:
    """The first file called `name` in the search folders, or None. An absolute path is looked for where it points."""
    candidates = (os.path.join(folder, name) for folder in search_folders())
    return next(filter(os.path.isfile, candidates), None)


def locate_or_download(name: str | os.PathLike[str], source: Source) -> str:
    """The file called `name` from the search folders; where none has it, downloaded from `source` first.

    Args:
        name: file name, or a path relative to the search folders, or an absolute path.
        source: where the file comes from if it has to be downloaded.

    Raises:
        DatasetUnavailable: no folder has the file and it could not be downloaded or stored.
        DatasetCorrupt: what came from the address has another checksum. Nothing is kept of it.
    """
    return locate(name) or download(source, os.path.join(cache_folder(), name))


def download(source: Source, target: str) -> str:
    """Downloads `source` to `target` and returns `target`, which appears whole and checked, or not at all."""
    import pooch

    folder, name = os.path.split(target)
    log = pooch.get_logger()
    level = log.level
    log.setLevel("WARNING")  # the progress display below says it all
    try:
        pooch.retrieve(
            source.address,
            known_hash=source.checksum,
            fname=name,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=_DownloadProgress(name), chunk_size=1 << 16),
        )
    except OSError as problem:  # requests' exceptions are OSErrors too
        folders = ", ".join(search_folders())
        wanted = os.path.relpath(target, cache_folder())
        raise DatasetUnavailable(
            f"{wanted} is in none of the folders {folders}, and could not be downloaded from {source.address} "
            f"to {target} ({problem}). Download it elsewhere, put it into one of these folders, or name the folder "
            "that holds it in the environment variable NNFAST_DATA_DIR."
        ) from problem
    except ValueError as problem:
        raise DatasetCorrupt(f"What came from {source.address} is not the expected {name}: {problem}") from problem
    finally:
        log.setLevel(level)
    return target


class _DownloadProgress:
    """The progress object pooch asks for: a live line on a terminal, a plain one elsewhere, none before data come."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.total = 0  # bytes; pooch fills it in
        self.done = 0
        self.shown = ""
        self.live = sys.stderr.isatty()

    def update(self, count: int) -> None:
        self.done += count
        text = f"Downloading {self.name} ({self.total / 1e6:.1f} MB)"
        if self.live and self.total:
            text = f"\r{text}: {min(100, 100 * self.done // self.total):3d} %"
        if text != self.shown:
            self.shown = text
            print(text, end="" if self.live else "\n", file=sys.stderr, flush=True)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        if self.live:
            print(file=sys.stderr)
