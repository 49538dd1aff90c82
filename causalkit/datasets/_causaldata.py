"""A table of the package ``causaldata`` turned into the kit's answer for data with villages."""

from collections.abc import Sequence

import pandas as pd
from sklearn.utils import Bunch

from causalkit._optional import require
from causalkit.graphs._network import Network


def load_table(name: str) -> pd.DataFrame:
    """Return one table of ``causaldata`` with rows counted from zero."""
    module = require(f"causaldata.{name}", extra="data", purpose=f"the data set {name!r}")
    return pd.DataFrame(module.load_pandas().data).reset_index(drop=True)


def label_groups(labels: pd.Series) -> pd.Series:
    """Return a text label for each row; a row without a label becomes a group of its own.

    Parameters
    ----------
    labels : Series, shape (n,)
        Numbers or texts, with missing values.
    """
    texts = labels.map(_as_text, na_action="ignore").astype(object)
    own = pd.Series([f"unknown, row {row}" for row in range(len(labels))], index=labels.index, dtype=object)
    return texts.where(labels.notna(), own)


def grouped_bunch(
    data: pd.DataFrame,
    *,
    outcome: str,
    treatment: str,
    groups: str,
    features: Sequence[str],
    question: str,
    description: str,
) -> Bunch:
    """Split a table into the parts that an estimator takes; members of a group are linked.

    Missing values stay missing and no row is dropped. The parts are floats, so that every column can hold
    a missing value.
    """
    labels = label_groups(data[groups]).rename("groups")
    return Bunch(
        X=data[list(features)].astype("float64"),
        y=data[outcome].astype("float64"),
        treatment=data[treatment].astype("float64"),
        graph=Network.from_groups(labels),
        groups=labels,
        data=data,
        feature_names=list(features),
        question=question,
        DESCR=description,
    )


def _as_text(label: object) -> str:
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)
