"""Causal inference for data that are linked, grouped or drawn from several environments."""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

_SUBPACKAGES = (
    "cli",
    "datasets",
    "estimators",
    "exceptions",
    "graphs",
    "independence",
    "inference",
    "metrics",
    "nuisance",
    "plotting",
    "testing",
)

__all__ = ["__version__"]


def __getattr__(name: str) -> ModuleType:
    if name in _SUBPACKAGES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*(name for name in globals() if name.startswith("__")), *_SUBPACKAGES])
