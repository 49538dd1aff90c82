"""A name to an estimator: the one place where "linear", "additive", "sign", ..., "stack" are resolved."""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier, is_regressor

from causalkit.nuisance._graph_models import ARCHITECTURES, GraphClassifier, GraphRegressor
from causalkit.nuisance._hop_additive import HopAdditiveRegressor
from causalkit.nuisance._linear_probability import LinearProbabilityClassifier

NAMES = ("linear", "additive", "pairs", "boosting")
NETWORKS = ARCHITECTURES
_PAIRS = {"additive": 0, "pairs": 12}  # pairs of columns in the engine's two models


def resolve_model(
    model: Any, task: str, *, name: str, seed: int, n_hops: int | None = None, network_hops: int = 2
) -> dict[str, Any]:
    """Candidates by label: a name, "stack" (all of them), an estimator, or a list of those.

    "stack" names no network: a learner adds one from the size on where it pays. Without `n_hops`, "additive"
    and "pairs" stay names: whoever holds the engine's Gram matrix fits them without a further pass over the
    rows. `network_hops` is how far networks look where `n_hops` is not given.
    """
    listed = list(model) if isinstance(model, list | tuple) else [model]
    if not listed:
        raise ValueError(f"{name} must name at least one model; got an empty list")
    out: dict[str, Any] = {}
    for item in listed:
        for part in NAMES if isinstance(item, str) and item == "stack" else (item,):
            label = part if isinstance(part, str) else _unused_label(type(part).__name__, out)
            out[label] = _resolve_one(part, task, name, seed, n_hops, network_hops)
    return out


def _unused_label(label: str, taken: dict[str, Any]) -> str:
    count = sum(key == label or key.startswith(f"{label} ") for key in taken)
    return label if not count else f"{label} {count + 1}"


def _resolve_one(model: Any, task: str, name: str, seed: int, n_hops: int | None, network_hops: int) -> Any:
    if not isinstance(model, str):
        return _checked(model, task, name)
    if model in _PAIRS:
        return model if n_hops is None else _engine(task, _PAIRS[model], n_hops, seed)
    if model == "linear":
        return _linear(task)
    if model == "boosting":
        return _boosting(task, seed)
    if model in NETWORKS:
        return _network(task, model, network_hops if n_hops is None else n_hops, seed)
    known = ", ".join(map(repr, (*NAMES, "stack", *NETWORKS)))
    raise ValueError(f"{name} must be an estimator, a list, or one of {known}; got {model!r}")


def _checked(model: Any, task: str, name: str) -> Any:
    is_type = isinstance(model, type)
    fits = hasattr(model, "fit") and not is_type
    if fits and task == "classification":
        fits = is_classifier(model) and hasattr(model, "predict_proba")
    elif fits:
        fits = is_regressor(model)
    if not fits:
        kind = "classifier with predict_proba" if task == "classification" else "regressor"
        hint = f" (an instance, such as {model.__name__}())" if is_type else ""
        raise ValueError(f"{name} must be a {kind} or a name; got {model!r}{hint}")
    return model


def _engine(task: str, n_pairs: int, n_hops: int, seed: int) -> Any:
    model = HopAdditiveRegressor(n_hops=n_hops, n_pairs=n_pairs, missing="flag", random_state=seed)
    return model if task == "regression" else LinearProbabilityClassifier(model)


def _network(task: str, architecture: str, n_hops: int, seed: int) -> Any:
    kind = GraphRegressor if task == "regression" else GraphClassifier
    return kind(architecture, n_hops=n_hops, missing="flag", random_state=seed)


def _linear(task: str) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = Ridge(alpha=10.0) if task == "regression" else LogisticRegression(C=0.1, max_iter=300)
    return make_pipeline(StandardScaler(), model)


def _boosting(task: str, seed: int) -> Any:
    """Small trees and few rounds: thousands of rows and a smooth signal that the engine has taken already."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    shared: dict[str, Any] = {
        "verbose": -1,
        "n_jobs": 1,
        "random_state": seed,
        "deterministic": True,
        "force_col_wise": True,
    }
    if task == "regression":
        return LGBMRegressor(n_estimators=150, learning_rate=0.05, num_leaves=8, **shared)
    return LGBMClassifier(n_estimators=60, learning_rate=0.05, num_leaves=4, min_child_samples=30, **shared)
