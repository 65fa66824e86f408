"""EpochIterator: stretches that cover an epoch, that suit the time a batch takes, and that go on where they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnfast.graph import Feed
from nnfast.training import epoch as epoch_module
from nnfast.training.epoch import EpochIterator


def feed(batches: int) -> Feed:
    return Feed([np.arange(batches * 2, dtype="float32")], 2)


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(epoch_module, "time", clock)
    return clock


def lengths(iterator: EpochIterator, clock: Clock, seconds_a_batch: float, number: int = 0) -> list[int]:
    found = []
    for stretch in iterator.epoch(number):
        assert stretch.batch == stretch.step == sum(found)
        assert stretch.last_step == stretch.step + stretch.length - 1
        found.append(stretch.length)
        clock.now += stretch.length * seconds_a_batch
    return found


def test_stretches_grow_to_about_50_ms(clock: Clock) -> None:
    iterator = EpochIterator(feed(1000))
    assert lengths(iterator, clock, 1 / 2048) == [1, 8, 64, *[102] * 9, 9]
    assert lengths(iterator, clock, 1 / 2048) == [102] * 9 + [82]
    assert lengths(iterator, clock, 1 / 256)[:3] == [102, 12, 12]


def test_slow_batches_run_one_by_one_and_time_that_stands_still_is_no_error(clock: Clock) -> None:
    assert lengths(EpochIterator(feed(3)), clock, 0.2) == [1, 1, 1]
    assert lengths(EpochIterator(feed(100)), clock, 0.0) == [1, 8, 64, 27]


def test_a_length_that_is_asked_for(clock: Clock) -> None:
    assert [tuple(stretch) for stretch in EpochIterator(feed(5)).epoch(length=2)] == [(0, 0, 2), (2, 2, 2), (4, 4, 1)]


def test_steps_go_on_in_the_data_and_a_stopped_epoch_does_not(clock: Clock) -> None:
    iterator = EpochIterator(feed(5), steps=2)
    assert [[(s.step, s.batch) for s in iterator.epoch(length=1)] for _ in range(2)] == [
        [(0, 0), (1, 1)],
        [(0, 2), (1, 3)],
    ]
    with pytest.warns(UserWarning, match="ran out after 1 of the 2 steps"):
        assert [(s.step, s.batch) for s in iterator.epoch(length=1)] == [(0, 4)]
    next(iterator.epoch())
    iterator.restart()
    assert next(iterator.epoch()).batch == 0

    whole = EpochIterator(feed(5))
    for _ in range(2):
        assert next(whole.epoch()).batch == 0


def test_each_pass_over_the_data_is_shuffled_by_seed_and_epoch() -> None:
    class Shuffled:
        batches = 4
        calls: list[Any] = []  # noqa: RUF012

        def shuffle(self, seed: int, epoch: int) -> None:
            self.calls.append((seed, epoch))

    iterator = EpochIterator(Shuffled(), steps=2, seed=7)  # type: ignore[arg-type]
    for number in range(3, 8):
        list(iterator.epoch(number))
    assert Shuffled.calls == [(7, 3), (7, 5), (7, 7)]


def test_no_batches() -> None:
    assert list(EpochIterator(Feed([np.zeros((0, 3), "float32")], 4)).epoch()) == []
