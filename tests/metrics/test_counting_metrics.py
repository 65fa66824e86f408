"""Metrics that count, against Keras's: results and variables over batches, arguments, weights, eager and traced."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracle
import pytest
from oracle import keras

from nnfast import graph, metrics

RANDOM = np.random.default_rng(5)
YES_NO, CHANCES = RANDOM.integers(0, 2, 24), RANDOM.random(24)
MANY, MANY_CHANCES = RANDOM.integers(0, 2, (24, 3)), RANDOM.random((24, 3))
LABELS, SCORES = RANDOM.integers(0, 4, 24), RANDOM.dirichlet(np.ones(4), 24)
ONE_HOT = np.eye(4)[LABELS]
CHANCES[:3] = 0.0, 1.0, 0.5
NUMBERS, NEAR = RANDOM.normal(size=(24, 2)), RANDOM.normal(size=(24, 2))

CASES: dict[str, tuple[str, dict[str, Any], Any, Any]] = {}
for _name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"):
    CASES[_name] = (_name, {}, YES_NO, CHANCES)
    CASES[f"{_name} thresholds"] = (_name, {"thresholds": [0.1, 0.5, 0.8]}, MANY, MANY_CHANCES)
    CASES[f"{_name} even thresholds"] = (_name, {"thresholds": [0.0, 0.5, 1.0]}, MANY, MANY_CHANCES)
for _name in ("Precision", "Recall"):
    CASES[_name] = (_name, {}, YES_NO, CHANCES)
    CASES[f"{_name} column"] = (_name, {}, YES_NO, CHANCES[:, None])
    CASES[f"{_name} thresholds"] = (_name, {"thresholds": [0.2, 0.7]}, YES_NO, CHANCES)
    CASES[f"{_name} top_k"] = (_name, {"top_k": 2}, ONE_HOT, SCORES)
    CASES[f"{_name} top_k class_id"] = (_name, {"top_k": 2, "class_id": 1, "thresholds": 0.3}, ONE_HOT, SCORES)
    CASES[f"{_name} class_id"] = (_name, {"class_id": 2}, MANY, MANY_CHANCES)
for _name, _argument in (
    ("SensitivityAtSpecificity", "specificity"),
    ("SpecificityAtSensitivity", "sensitivity"),
    ("PrecisionAtRecall", "recall"),
    ("RecallAtPrecision", "precision"),
):
    CASES[_name] = (_name, {_argument: 0.4}, YES_NO, CHANCES)
    CASES[f"{_name} class_id"] = (_name, {_argument: 0.6, "num_thresholds": 7, "class_id": 1}, MANY, MANY_CHANCES)
    CASES[f"{_name} of one"] = (_name, {_argument: 0.3, "num_thresholds": 1}, YES_NO, CHANCES)
for _curve in ("ROC", "PR", "PRGAIN"):
    for _method in ("interpolation", "minoring", "majoring"):
        _arguments = {"curve": _curve, "summation_method": _method}
        CASES[f"AUC {_curve} {_method}"] = ("AUC", _arguments, YES_NO, CHANCES)
        _arguments = {**_arguments, "multi_label": True, "num_thresholds": 20}
        CASES[f"AUC {_curve} {_method} labels"] = ("AUC", _arguments, MANY, MANY_CHANCES)
CASES |= {
    "AUC thresholds": ("AUC", {"thresholds": [0.6, 0.1, 0.25]}, YES_NO, CHANCES),
    "AUC column": ("AUC", {"num_thresholds": 3}, YES_NO[:, None], CHANCES[:, None]),
    "AUC even thresholds": ("AUC", {"thresholds": [0.25, 0.5, 0.75]}, YES_NO, CHANCES),
    "AUC logits": ("AUC", {"from_logits": True}, YES_NO, CHANCES * 8 - 4),
    "AUC flat": ("AUC", {}, MANY, MANY_CHANCES),
    "AUC flat label weights": ("AUC", {"label_weights": [0.5, 1.0, 2.0]}, MANY, MANY_CHANCES),
    "AUC label weights": (
        "AUC",
        {"multi_label": True, "num_labels": 3, "label_weights": [0.5, 1.0, 2.0]},
        MANY,
        MANY_CHANCES,
    ),
    "AUC labels thresholds": ("AUC", {"multi_label": True, "thresholds": [0.1, 0.3]}, MANY, MANY_CHANCES),
    "F1": ("F1Score", {}, ONE_HOT, SCORES),
    "F1 threshold": ("F1Score", {"threshold": 0.4, "average": "weighted"}, MANY, MANY_CHANCES),
    "FBeta micro": ("FBetaScore", {"average": "micro", "beta": 2.0}, ONE_HOT, SCORES),
    "FBeta macro": ("FBetaScore", {"average": "macro", "beta": 0.5, "threshold": 0.5}, MANY, MANY_CHANCES),
    "R2": ("R2Score", {}, NUMBERS, NEAR),
    "R2 columns": ("R2Score", {"class_aggregation": None}, NUMBERS, NEAR),
    "R2 weighted": ("R2Score", {"class_aggregation": "variance_weighted_average"}, NUMBERS, NEAR),
    "R2 adjusted": ("R2Score", {"num_regressors": 3}, NUMBERS, NEAR),
    "IoU": ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, LABELS, SCORES.argmax(-1)),
    "IoU of scores": (
        "IoU",
        {"num_classes": 4, "target_class_ids": [1], "sparse_y_true": False, "sparse_y_pred": False},
        ONE_HOT,
        SCORES,
    ),
    "MeanIoU": ("MeanIoU", {"num_classes": 4}, LABELS, SCORES.argmax(-1)),
    "MeanIoU ignoring": ("MeanIoU", {"num_classes": 5, "ignore_class": 1}, LABELS, SCORES.argmax(-1)),
    "MeanIoU float": ("MeanIoU", {"num_classes": 4, "dtype": "float32"}, LABELS, SCORES.argmax(-1)),
    "OneHotIoU": ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 3]}, ONE_HOT, SCORES),
    "OneHotMeanIoU": ("OneHotMeanIoU", {"num_classes": 4}, ONE_HOT, SCORES),
    "BinaryIoU": ("BinaryIoU", {"threshold": 0.4}, YES_NO, CHANCES),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_keras(case: str) -> None:
    """The first batch has no weights, the second has."""
    name, arguments, y_true, y_pred = CASES[case]
    random = np.random.default_rng(3)
    weights = random.integers(0, 4, 24) if "IoU" in name else random.random(24)
    with oracle.floatx("float64"):
        ours, theirs, traced = (getattr(library, name)(**arguments) for library in (metrics, keras.metrics, metrics))
        for rows, parts in ((slice(0, 12), (y_true, y_pred)), (slice(12, 24), (y_true, y_pred, weights))):
            batch = [np.ascontiguousarray(part[rows]) for part in parts]
            specs = [graph.TensorSpec((None, *array.shape[1:]), array.dtype.name) for array in batch]
            graph.trace(lambda *tensors: [traced.update_state(*tensors)][:0], specs)(*batch)
            ours.update_state(*batch)
            theirs.update_state(*batch)
            expected = np.asarray(theirs.result())
            # Keras computes intersections over unions in float32, and the adjusted R2 score.
            tolerance = 1e-6 if "IoU" in name or "adjusted" in case else 1e-11
            np.testing.assert_allclose(ours.result(), expected, rtol=tolerance, atol=tolerance)
            assert tuple(ours.result().shape) == expected.shape
    for got, same, want in zip(ours.variables, traced.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(got.numpy(), np.asarray(want.value), rtol=1e-12, atol=1e-12, err_msg=want.name)
        np.testing.assert_allclose(same.numpy(), got.numpy(), rtol=1e-12, atol=1e-12)
        assert got.dtype == same.dtype
    ours.reset_state()
    assert not any(variable.numpy().any() for variable in ours.variables)


@pytest.mark.parametrize("case", CASES)
def test_configuration_is_keras_s(case: str) -> None:
    name, arguments, *_ = CASES[case]
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    expected = theirs.get_config()
    if expected.get("label_weights") is not None:
        expected["label_weights"] = np.asarray(expected["label_weights"]).tolist()
    assert {**ours.get_config(), "name": ""} == {**expected, "name": ""}
    again = metrics.deserialize(metrics.serialize(ours))
    assert type(again) is type(ours) and again.get_config() == ours.get_config()


def test_predictions_that_are_no_numbers_are_negative() -> None:
    auc = metrics.AUC(num_thresholds=5)
    auc.update_state([1, 1, 0], [np.nan, 0.9, 0.1])
    assert auc.true_positives.numpy().tolist() == [2, 1, 1, 1, 0]
    precision = metrics.Precision()
    assert float(precision([1, 0], [np.nan, 0.9])) == 0.0


def test_weights_of_single_predictions() -> None:
    weights = np.random.default_rng(2).random((24, 3))
    ours, theirs = metrics.Precision(dtype="float64"), keras.metrics.Precision(dtype="float64")
    ours.update_state(MANY, MANY_CHANCES, weights)
    theirs.update_state(MANY, MANY_CHANCES, weights)
    np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.Precision(thresholds=[0.5, 1.5]), r"in \[0, 1\]. Received: \[1.5\]"),
        (lambda: metrics.AUC(curve="XYZ"), "Invalid AUC curve value"),
        (lambda: metrics.AUC(summation_method="sum"), "Invalid AUC summation method"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds"),
        (lambda: metrics.AUC(num_labels=3), "multi_label"),
        (lambda: metrics.AUC(multi_label=True)(YES_NO, CHANCES), r"rank 2.*\(24,\)"),
        (lambda: metrics.SensitivityAtSpecificity(1.5), r"`specificity`.*\[0, 1\].*1.5"),
        (lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0), "num_thresholds"),
        (lambda: metrics.Recall(class_id=0)(YES_NO, CHANCES), r"\(24,\)"),
        (lambda: metrics.Recall()(MANY, CHANCES), r"\(24, 3\).*\(24,\)"),
        (lambda: metrics.Recall()(YES_NO, CHANCES, np.ones(3)), r"\(24,\).*\(3,\)"),
        (lambda: metrics.F1Score(average="all"), "average"),
        (lambda: metrics.FBetaScore(beta=-1.0), "beta.*> 0"),
        (lambda: metrics.FBetaScore(threshold=2.0), "threshold"),
        (lambda: metrics.F1Score()(YES_NO, CHANCES), r"2D inputs.*\(24,\)"),
        (lambda: metrics.R2Score(class_aggregation="sum"), "class_aggregation"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors"),
        (lambda: metrics.IoU(2, [2]), r"out of range, which is \[0, 2\)"),
    ],
)
def test_errors(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_weights_that_lose_their_fraction_warn() -> None:
    with pytest.warns(UserWarning, match="fraction"):
        metrics.MeanIoU(2)([0, 1], [1, 1], [0.5, 1.0])


def test_stateless() -> None:
    metric = metrics.Precision()
    before = metric.stateless_reset_state()
    after = metric.stateless_update_state(before, [1, 0, 1], [0.9, 0.8, 0.7])
    assert [value.tolist() for value in after] == [[2.0], [1.0]]
    assert round(float(metric.stateless_result(after)), 4) == 0.6667
    assert [variable.numpy().tolist() for variable in metric.variables] == [[0.0], [0.0]]
    with pytest.raises(ValueError, match=r"`metric_variables` must be a list.*2 variables of Precision, got 1"):
        metric.stateless_result(after[:1])
