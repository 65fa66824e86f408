"""BackupAndRestore: a fit that was cut off and goes on gives the bits of one that was not."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nets import SPARSE, same_weights, samples

import nnfast
from nnfast import layers
from nnfast.callbacks import BackupAndRestore, Callback


class CutOff(Exception):
    pass


class CutsOff(Callback):
    """Raises before a batch of an epoch."""

    def __init__(self, epoch: int, batch: int) -> None:
        self.place = (epoch, batch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if (self.epoch, batch) == self.place:
            raise CutOff


def fit(seed: int, *listeners: Callback, units: int = 7, **arguments: Any) -> Any:
    """A fit of 5 epochs, with everything that is random: initial weights, dropout, and the order of the samples."""
    nnfast.utils.set_random_seed(seed)
    model = nnfast.Sequential(
        [nnfast.Input((5,)), layers.Dense(units), layers.Dropout(0.3), layers.Dense(3, activation="softmax")]
    )
    model.compile("adam", SPARSE, metrics=["accuracy"])
    x, y = samples(54)
    model.fit(x, y, batch_size=6, epochs=5, verbose=0, callbacks=list(listeners), **arguments)
    return model


@pytest.mark.parametrize("save_freq", ["epoch", 1, 4])
@pytest.mark.parametrize("steps", [None, 3])
def test_the_bits_are_those_of_a_fit_without_a_break(save_freq: Any, steps: Any, tmp_path: Path) -> None:
    whole = fit(1, steps_per_epoch=steps)
    with pytest.raises(CutOff):
        fit(1, BackupAndRestore(tmp_path / "backup", save_freq), CutsOff(2, 1), steps_per_epoch=steps)
    resumed = fit(99, BackupAndRestore(tmp_path / "backup", save_freq), steps_per_epoch=steps)
    assert same_weights(resumed.get_weights(), whole.get_weights())
    assert same_weights(*([v.numpy() for v in model.optimizer.variables] for model in (resumed, whole)))
    losses = resumed.history.history["loss"]
    assert losses == whole.history.history["loss"][-len(losses) :] and 3 <= len(losses) <= 4
    assert nnfast.random.make_default_seed() is not None
    assert not (tmp_path / "backup").exists()


def test_the_random_state_goes_on_too(tmp_path: Path) -> None:
    fit(1)
    expected = [nnfast.random.make_default_seed(), nnfast.random.uniform((3,)).tolist()]
    with pytest.raises(CutOff):
        fit(1, BackupAndRestore(tmp_path, 3), CutsOff(3, 0))
    fit(2, BackupAndRestore(tmp_path, 3))
    assert [nnfast.random.make_default_seed(), nnfast.random.uniform((3,)).tolist()] == expected


def test_a_damaged_backup(tmp_path: Path) -> None:
    whole = fit(1)
    backup = tmp_path / "training.npz"
    for damaged in (b"", b"PK", b"nonsense"):
        with pytest.raises(CutOff):
            fit(1, BackupAndRestore(tmp_path, double_checkpoint=True), CutsOff(2, 1))
        backup.write_bytes(damaged)
        assert same_weights(fit(3, BackupAndRestore(tmp_path)).get_weights(), whole.get_weights())
        tmp_path.mkdir()
        backup.write_bytes(damaged)
        with pytest.raises(OSError, match=r"training\.npz cannot be read"):
            fit(3, BackupAndRestore(tmp_path))
        backup.unlink()


def test_a_backup_of_another_model(tmp_path: Path) -> None:
    with pytest.raises(CutOff):
        fit(1, BackupAndRestore(tmp_path), CutsOff(2, 1))
    with pytest.raises(ValueError, match=r"backup of another model: for model/0 .* expected shape \(5, 6\), got shape"):
        fit(1, BackupAndRestore(tmp_path), units=6)


def test_backups_that_are_kept_and_none_at_all(tmp_path: Path) -> None:
    fit(1, BackupAndRestore(tmp_path / "kept", delete_checkpoint=False))
    assert fit(1, BackupAndRestore(tmp_path / "kept")).history.epoch == []  # there was nothing left to do
    fit(1, BackupAndRestore(tmp_path / "never", save_freq=False))
    assert not (tmp_path / "never").exists()


def test_a_backup_is_whole_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails while a backup is written leaves the one before."""
    written = itertools.count()
    savez = np.savez

    def fails_the_third_time(file: Any, **arrays: Any) -> None:
        file.write(b"half of it")
        if next(written) == 2:
            raise OSError("No space left on device")
        file.seek(0)
        savez(file, **arrays)

    monkeypatch.setattr(np, "savez", fails_the_third_time)
    with pytest.raises(OSError, match="No space"):
        fit(1, BackupAndRestore(tmp_path))
    monkeypatch.undo()
    resumed = fit(9, BackupAndRestore(tmp_path))
    assert resumed.history.epoch == [2, 3, 4] and same_weights(resumed.get_weights(), fit(1).get_weights())
