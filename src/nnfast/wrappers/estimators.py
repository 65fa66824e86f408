"""The estimators, under Keras's names."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from nnfast.models import Model, clone_model


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What the estimators have in common.

    Args:
        model: a compiled model, whose clones are trained; or a function that makes one, called as
            model(X=X, y=y, **model_kwargs) with the training data.
        warm_start: whether another `fit` goes on with the model of the last one; default False.
        model_kwargs: more arguments of a function; default none.
        fit_kwargs: arguments of the model's `fit`, such as epochs; default none.

    Attributes:
        model_: the model that was trained.
        history_: the History of its `fit`.
    """

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: Mapping[str, Any] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        # Scikit-learn wants the arguments as they are.
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Self:
        """Train a model.

        Args:
            X: (samples, features).
            y: (samples,) or (samples, outputs).
            **kwargs: arguments of the model's `fit`; they go before `fit_kwargs`.

        Raises:
            ValueError: data that scikit-learn does not take.
            RuntimeError: the model is not compiled.
        """
        X, y = validate_data(self, X, y)
        targets = self._encode(y)
        model = self._model_for(X, targets)
        if not model.compiled or model.optimizer is None or not model.loss:
            raise RuntimeError("Given model needs to be compiled, and have a loss and an optimizer.")
        self.history_ = model.fit(X, targets, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _model_for(self, X: Any, y: Any) -> Any:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if isinstance(self.model, Model):
            clone = clone_model(self.model)
            clone.compile_from_config(self.model.get_compile_config() or {"optimizer": None})
            return clone
        return self.model(X=X, y=y, **(self.model_kwargs or {}))

    def _outputs(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False), verbose=0)

    def _encode(self, y: Any) -> Any:
        """What the model is to predict."""
        kind = type_of_target(y)
        if kind == "unknown":
            raise ValueError(f"Unknown label type for data: {y!r}")
        self._rank = y.ndim
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _decode(self, outputs: Any) -> Any:
        return np.squeeze(outputs, axis=1) if self._rank == 1 and outputs.ndim == 2 else outputs

    def predict(self, X: Any) -> Any:
        """The predictions, in the form of the targets."""
        return self._decode(self._outputs(X))

    def set_fit_request(self, **kwargs: bool | str | None) -> Self:
        """Say which metadata, such as sample_weight, `fit` is to be given: scikit-learn's metadata routing.

        Args:
            **kwargs: True, False, None or another name for it, by the name of the argument.

        Raises:
            RuntimeError: scikit-learn's metadata routing is not enabled.
        """
        if not sklearn.get_config().get("enable_metadata_routing"):
            raise RuntimeError(
                "This method is only available when metadata routing is enabled. You can enable it using "
                "sklearn.set_config(enable_metadata_routing=True)."
            )
        request = self._get_metadata_request()
        for name, alias in kwargs.items():
            request.fit.add_request(param=name, alias=alias)
        self._metadata_request = request
        return self

    def __sklearn_clone__(self) -> Self:
        model = copy.deepcopy(self.model) if isinstance(self.model, Model) else self.model
        return type(self)(model, self.warm_start, self.model_kwargs, self.fit_kwargs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags


class SKLearnClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    __doc__ = f"""A classifier. The model is trained on one-hot rows, a column for each class.

    {(_Estimator.__doc__ or "").partition("common.")[2].strip()}
        classes_: the labels, in the order of the columns.

    >>> import numpy as np
    >>> from nnfast import Input, Sequential, layers
    >>> def model(X, y):
    ...     made = Sequential([Input(X.shape[1:]), layers.Dense(y.shape[1], "softmax")])
    ...     made.compile("adam", "categorical_crossentropy")
    ...     return made
    >>> classifier = SKLearnClassifier(model, fit_kwargs={{"epochs": 2, "verbose": 0}})
    >>> classifier.fit(np.eye(4), ["no", "yes", "no", "yes"]).predict(np.eye(4)).shape
    (4,)
    """

    def _encode(self, y: Any) -> Any:
        kind = type_of_target(y)
        if kind == "unknown":
            raise ValueError(f"Unknown label type for data: {y!r}")
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass target types are supported. Target type: {kind}")
        self._rank = y.ndim
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_))[numbers.reshape(-1)]

    def _decode(self, outputs: Any) -> Any:
        labels = self.classes_[outputs.argmax(axis=1)]
        return labels if self._rank == 1 else labels.reshape(-1, 1)

    def decision_function(self, X: Any) -> Any:
        """What the model makes of the samples: probabilities or logits, a column for each class."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    __doc__ = f"""A regressor.

    {(_Estimator.__doc__ or "").partition("common.")[2].strip()}

    >>> import numpy as np
    >>> from nnfast import Input, Sequential, layers
    >>> model = Sequential([Input((2,)), layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> regressor = SKLearnRegressor(model, fit_kwargs={{"epochs": 100, "verbose": 0}})
    >>> regressor.fit([[0.0, 1.0], [1.0, 0.0]], [1.0, 2.0]).predict([[1.0, 0.0]]).shape
    (1,)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Estimator):  # type: ignore[misc]
    __doc__ = f"""A step of a pipeline, which makes of samples what the model makes of them.

    {(_Estimator.__doc__ or "").partition("common.")[2].strip()}
    """

    def transform(self, X: Any) -> Any:
        """What the model makes of the samples."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
