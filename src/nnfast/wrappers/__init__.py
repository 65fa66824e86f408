"""Models as scikit-learn's estimators: in GridSearchCV, cross_val_score and pipelines. Needs scikit-learn."""

from __future__ import annotations

from typing import Any

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from nnfast.wrappers import estimators
    except ImportError as error:
        raise ImportError(f"{name} needs scikit-learn: pip install 'nnfast[sklearn]' ({error})") from None
    return getattr(estimators, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
