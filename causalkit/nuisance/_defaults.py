"""A name to an estimator: the one place where "linear", "additive", "pairs", "boosting" and "stack" are resolved."""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier, is_regressor

_STACK = ("linear", "additive", "pairs", "boosting")
_OF_THE_ENGINE = ("additive", "pairs")


def resolve_model(model: Any, task: str, *, name: str, seed: int) -> dict[str, Any]:
    """Candidates by label: a name, "stack" (all of them), an estimator, or a list of those.

    "additive" and "pairs" stay names: whoever holds the engine's Gram matrix fits them without a further pass.
    """
    listed = list(model) if isinstance(model, list | tuple) else [model]
    if not listed:
        raise ValueError(f"{name} must name at least one model; got an empty list")
    out: dict[str, Any] = {}
    for item in listed:
        for part in _STACK if isinstance(item, str) and item == "stack" else (item,):
            label = part if isinstance(part, str) else _unused_label(type(part).__name__, out)
            out[label] = _resolve_one(part, task, name, seed)
    return out


def _unused_label(label: str, taken: dict[str, Any]) -> str:
    count = sum(key == label or key.startswith(f"{label} ") for key in taken)
    return label if not count else f"{label} {count + 1}"


def _resolve_one(model: Any, task: str, name: str, seed: int) -> Any:
    if isinstance(model, str):
        if model in _OF_THE_ENGINE:
            return model
        if model == "linear":
            return _linear(task)
        if model == "boosting":
            return _boosting(task, seed)
        known = ", ".join(map(repr, (*_STACK, "stack")))
        raise ValueError(f"{name} must be an estimator, a list, or one of {known}; got {model!r}")
    fits = is_classifier(model) if task == "classification" else is_regressor(model)
    if not hasattr(model, "fit") or not fits:
        kind = "classifier with predict_proba" if task == "classification" else "regressor"
        raise ValueError(f"{name} must be a {kind} or a name; got {model!r}")
    return model


def _linear(task: str) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = Ridge(alpha=10.0) if task == "regression" else LogisticRegression(C=0.1, max_iter=300)
    return make_pipeline(StandardScaler(), model)


def _boosting(task: str, seed: int) -> Any:
    """Small trees and few rounds: thousands of rows and a smooth signal that the engine has taken already."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    shared: dict[str, Any] = {"verbose": -1, "n_jobs": 1, "random_state": seed, "deterministic": True, "force_col_wise": True}
    if task == "regression":
        return LGBMRegressor(n_estimators=100, learning_rate=0.08, num_leaves=15, **shared)
    return LGBMClassifier(n_estimators=60, learning_rate=0.06, num_leaves=8, min_child_samples=30, **shared)
