"""Shared base of the frozen answer objects: a readable repr and a one-row table."""

from dataclasses import fields
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd


class Result:
    """Base of ``@dataclass(frozen=True)`` answers; a subclass only lists its fields."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # dataclass() writes its own __repr__ unless the class body already holds one.
        cls.__repr__ = cls.__repr__  # type: ignore[method-assign]

    def to_frame(self) -> pd.DataFrame:
        """Return one row with a column for each public field that holds a number, a text or nothing."""
        row = {name: value for name, value in self._public_fields() if _is_scalar(value)}
        return pd.DataFrame([row])

    def __repr__(self) -> str:
        shown = [(name, _describe(value)) for name, value in self._public_fields()]
        width = max((len(name) for name, _ in shown), default=0)
        lines = [f"  {name:<{width}}  {text}" for name, text in shown]
        return "\n".join([type(self).__name__, *lines])

    def _public_fields(self) -> list[tuple[str, Any]]:
        names = [field.name for field in fields(self) if not field.name.startswith("_")]  # type: ignore[arg-type]
        return [(name, getattr(self, name)) for name in names]


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (Number, str, np.generic))


def _describe(value: Any) -> str:
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return str(value)
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}"
    if isinstance(value, (pd.DataFrame, pd.Series, np.ndarray)):
        return f"{type(value).__name__} of shape {value.shape}"
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
