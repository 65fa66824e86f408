"""get_file: a file of the web's, kept on this machine."""

from __future__ import annotations

import os
from typing import Any

from nnfast.utils.atomic import atomic_file
from nnfast.utils.console import print_message
from nnfast.utils.progbar import Progbar

_CHUNK = 1 << 16


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | list[str] | tuple[str, ...] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file on this machine, downloaded if it is not there: whole and checked, or not at all.

    Args:
        fname: what the file is called here; default as at its origin.
        origin: its address: http://, https:// or file://.
        untar: the older name of `extract`.
        md5_hash: the older name of `file_hash` with MD5.
        file_hash: the file's checksum in hexadecimal; default None, which is not checked.
        cache_subdir: the folder below `cache_dir`; default "datasets".
        hash_algorithm: "md5", "sha256", or "auto", by the checksum's length; default "auto".
        extract: whether the file is an archive to take apart; then the folder's path is returned. Default False.
        archive_format: "tar", "zip", or "auto" for both; default "auto". None extracts nothing.
        cache_dir: default the environment's KERAS_HOME, else ~/.keras.
        force_download: whether to download it in any case; default False.

    Raises:
        ValueError: no origin, a name with a folder in it, an unknown algorithm, or another checksum.
        OSError: the file cannot be downloaded or stored.

    Example:

        path = nnfast.utils.get_file(origin="https://example.org/data.npz", file_hash="9f86d0...")
    """
    if origin is None:
        raise ValueError('Please specify the "origin" argument (URL of the file to download).')
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    home = os.fspath(cache_dir or os.environ.get("KERAS_HOME") or "~/.keras")
    folder = os.path.join(os.path.expanduser(home), cache_subdir)
    extract = extract or untar
    name = _name(fname, origin)
    unpacked = os.path.join(folder, name)
    target = unpacked
    if extract:
        is_file_name = fname is not None and "." in name
        unpacked = os.path.join(folder, f"{name.partition('.')[0]}_extracted") if is_file_name else unpacked
        target = os.path.join(folder, name) if is_file_name else f"{unpacked}_archive"
    is_there = os.path.exists(target) and not force_download
    if is_there and file_hash is not None and not _is_as_expected(target, file_hash, hash_algorithm):
        print_message(
            f"A local file was found, but it seems to be incomplete or outdated because the {hash_algorithm} file hash "
            f"does not match the original value of {file_hash} so we will re-download the data."
        )
        is_there = False
    if not is_there:
        _download(origin, target, file_hash, hash_algorithm)
    if not extract:
        return target
    if not (is_there and os.path.exists(unpacked)):
        _extract(target, unpacked, archive_format)
    return unpacked


def _name(fname: str | os.PathLike[str] | None, origin: str) -> str:
    from urllib.parse import unquote, urlsplit

    if not fname:
        name = os.path.basename(unquote(urlsplit(origin).path))
        if name in ("", ".", ".."):
            raise ValueError(
                f"Can't parse the file name from the origin provided: '{origin}'. Please specify the `fname` argument."
            )
        return name
    if os.sep in os.fspath(fname):
        raise ValueError(
            "Paths are no longer accepted as the `fname` argument. To specify the file's parent directory, use the "
            f"`cache_dir` argument. Received: fname={fname}"
        )
    return os.fspath(fname)


def _download(origin: str, target: str, file_hash: str | None, algorithm: str) -> None:
    """Download into a file beside the target, check it, and put it in its place."""
    import urllib.error
    import urllib.request

    os.makedirs(os.path.dirname(target), exist_ok=True)
    print_message(f"Downloading data from {origin}")
    try:
        with urllib.request.urlopen(origin) as response, atomic_file(target) as file:
            _copy(response, file)
            file.flush()
            if file_hash is not None and not _is_as_expected(file.name, file_hash, algorithm):
                raise ValueError(
                    f"Incomplete or corrupted file detected. The {algorithm} file hash does not match the provided "
                    f"value of {file_hash}."
                )
    except urllib.error.URLError as problem:
        code = getattr(problem, "code", None)
        raise OSError(f"URL fetch failure on {origin}: {code} -- {problem.reason}") from problem


def _copy(response: Any, file: Any) -> None:
    """Copy what comes, and show how much has.

    Raises:
        OSError: less comes than was announced.
    """
    announced = response.headers.get("Content-Length")
    total = int(announced) if announced else None
    bar, done = Progbar(total, unit_name="byte"), 0
    while chunk := response.read(_CHUNK):
        file.write(chunk)
        done += len(chunk)
        bar.update(done)
    if total is not None and done < total:
        raise OSError(f"The download ended after {done} of {total} bytes")


def _is_as_expected(path: str, file_hash: str, algorithm: str) -> bool:
    if algorithm == "auto":
        algorithm = "sha256" if len(file_hash) == 64 else "md5"
    if algorithm not in ("md5", "sha256"):
        raise ValueError(f"get_file expects hash_algorithm 'md5', 'sha256' or 'auto', got {algorithm!r}")
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest() == file_hash.lower()


def _extract(archive: str, folder: str, archive_format: Any) -> None:
    """Take an archive apart; what is in it can't lie outside of the folder.

    Raises:
        ValueError: it is no archive of the formats that are wanted.
    """
    import tarfile
    import zipfile

    wanted = ["tar", "zip"] if archive_format == "auto" else archive_format or []
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if "tar" in wanted and tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    elif "zip" in wanted and zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)
    elif wanted:
        raise ValueError(f"get_file expects an archive of format {' or '.join(wanted)} to extract, got {archive}")
