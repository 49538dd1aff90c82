"""Features of neighbours: means over one hop, two hops and further, as columns beside a node's own."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from causalkit._validation import check_choice, check_features, check_scalar_argument, feature_names
from causalkit.graphs._convert import as_network
from causalkit.graphs._network import Network

Floats32 = NDArray[np.float32]
Weighting = Literal["random_walk", "symmetric"]


class HopFeatures(TransformerMixin, BaseEstimator):
    r"""Own columns, their means over neighbours, the means of those means, and so on.

    Column group :math:`k` holds :math:`W^k X`, with :math:`W = D^{-1} A` for adjacency :math:`A` and weight
    sums :math:`D`. There are no self-loops, so a node's own values stay apart from its neighbours'. A node
    without neighbours has zeros, and a one in the column ``isolated``. A neighbour's missing value is left
    out of the mean; the mean is missing where no neighbour has a value. Time and memory are linear in the
    number of edges.

    Parameters
    ----------
    n_hops : int, default=2
        Number of steps; 0 gives the node's own columns only.
    weighting : {"random_walk", "symmetric"}, default="random_walk"
        ``"symmetric"`` takes :math:`W = D^{-1/2} A D^{-1/2}` instead.
    include_degree : bool, default=True
        Whether to add the columns ``log_degree``, the logarithm of one plus the number of neighbours, and
        ``isolated``.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Their names, where ``X`` had names.

    Notes
    -----
    With scikit-learn's metadata routing enabled, ``graph`` is requested by default, so that
    ``make_pipeline(HopFeatures(), model).fit(X, y, graph=network)`` works.

    References
    ----------
    Frasca, F., Rossi, E., Eynard, D., Chamberlain, B., Bronstein, M. and Monti, F. (2020). SIGN: Scalable
    inception graph neural networks. arXiv:2004.11198.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkit.graphs import HopFeatures, Network
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 50.0]})
    >>> line = Network.from_edges([(0, 1), (1, 2)])
    >>> HopFeatures(n_hops=2, include_degree=False).fit(people).transform(people, graph=line)
        age  age (hop 1)  age (hop 2)
    0  20.0         30.0         35.0
    1  30.0         35.0         30.0
    2  50.0         30.0         35.0
    """

    # Asked for by default: hop features without a graph are the own columns and zeros.
    __metadata_request__transform = {"graph": True}  # noqa: RUF012

    def __init__(
        self, n_hops: int = 2, weighting: Weighting = "random_walk", include_degree: bool = True
    ) -> None:
        self.n_hops = n_hops
        self.weighting = weighting
        self.include_degree = include_degree

    def fit(self, X: Any, y: Any = None) -> "HopFeatures":
        """Take note of the columns of ``X``; nothing is estimated.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n, d)
            Numeric columns; missing values are allowed.
        y : ignored

        Returns
        -------
        HopFeatures

        Raises
        ------
        ValueError
            If a setting is out of range, ``X`` is not numeric, or a name of a new column is taken.
        """
        check_scalar_argument(self.n_hops, "n_hops", integer=True, low=0)
        check_choice(self.weighting, "weighting", ("random_walk", "symmetric"))
        check_features(self, X, reset=True, allow_nan=True)
        names = pd.Index(self._names_out())
        if names.has_duplicates:
            raise ValueError(
                f"X must not have columns named like hop features; got {names[names.duplicated()][0]!r}"
            )
        return self

    def transform(self, X: Any, *, graph: Any = None) -> pd.DataFrame:
        """Return the hop features of all rows.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n, d)
            The columns seen in ``fit``.
        graph : anything that ``as_network`` takes, optional
            Links between the rows of ``X``; None means no edges.

        Returns
        -------
        DataFrame of float32, shape (n, (n_hops + 1) * d + 2)
            Own columns, then those of each hop, then ``log_degree`` and ``isolated``.

        Raises
        ------
        ValueError
            If ``X`` has other columns than in ``fit`` or numbers above 3e38, or ``graph`` another number of
            nodes than ``X`` has rows.
        """
        check_is_fitted(self)
        own = _as_float32(check_features(self, X, reset=False, allow_nan=True), feature_names(self))
        index = X.index if isinstance(X, pd.DataFrame) else None
        network = as_network(graph, n_nodes=len(own), node_ids=index)
        parts = hop_arrays(own, network, self.n_hops, weighting=self.weighting)
        if self.include_degree:
            parts.append(degree_columns(network))
        return pd.DataFrame(np.hstack(parts), columns=self._names_out(), index=index, copy=False)

    def fit_transform(self, X: Any, y: Any = None, *, graph: Any = None) -> pd.DataFrame:
        """Call ``fit`` and ``transform`` on the same rows."""
        return self.fit(X, y).transform(X, graph=graph)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[Any]:
        """Return the names of the new columns; ``input_features`` must be the names seen in ``fit``."""
        check_is_fitted(self)
        if input_features is not None and list(input_features) != feature_names(self):  # type: ignore[arg-type]
            raise ValueError(f"input_features must be the columns seen in fit, {feature_names(self)}")
        return np.asarray(self._names_out(), dtype=object)

    def column_groups(self) -> dict[int | str, NDArray[np.int64]]:
        """Return the positions of the new columns by hop: 0, 1, ..., and ``"degree"`` if it is included."""
        check_is_fitted(self)
        d = self.n_features_in_
        groups: dict[int | str, NDArray[np.int64]] = {
            hop: np.arange(hop * d, (hop + 1) * d) for hop in range(self.n_hops + 1)
        }
        if self.include_degree:
            groups["degree"] = np.arange(2) + (self.n_hops + 1) * d
        return groups

    def _names_out(self) -> list[str]:
        own = feature_names(self)
        further = [f"{name} (hop {hop})" for hop in range(1, self.n_hops + 1) for name in own]
        return own + further + (["log_degree", "isolated"] if self.include_degree else [])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def hop_arrays(
    X: Floats32, network: Network, n_hops: int, *, weighting: Weighting = "random_walk"
) -> list[Floats32]:
    """Return ``X`` and its means over 1, ..., ``n_hops`` hops, each of shape (n, d).

    ``X`` itself is the first entry, not a copy. Rows of nodes without neighbours are zero; a missing value
    is left out of its neighbours' means.
    """
    arrays = [np.ascontiguousarray(X, dtype=np.float32)]
    if n_hops == 0:
        return arrays
    walk = network.random_walk() if weighting == "random_walk" else network.symmetric()
    for _ in range(n_hops):
        arrays.append(_neighbour_means(walk, arrays[-1]))
    return arrays


def degree_columns(network: Network) -> Floats32:
    """Return log(1 + number of neighbours) and whether there are none, shape (n, 2)."""
    degrees = network.degrees
    return np.column_stack([np.log1p(degrees), degrees == 0]).astype(np.float32)


def _as_float32(values: NDArray[np.float64], names: list[str]) -> Floats32:
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if np.isinf(narrow).any():
        row, column = np.argwhere(np.isinf(narrow))[0]
        raise ValueError(
            f"X must fit into 32-bit numbers; column {names[column]!r} has {values[row, column]:g} at row "
            f"{row} (rescale it)"
        )
    return narrow


def _neighbour_means(walk: sparse.csr_array, values: Floats32) -> Floats32:
    missing = np.isnan(values)
    if not missing.any():
        return walk @ values
    means = walk @ np.where(missing, np.float32(0), values)
    columns = np.flatnonzero(missing.any(axis=0))
    observed = walk @ (~missing[:, columns]).astype(np.float32)
    total = np.asarray(walk.sum(axis=1)).reshape(-1, 1)
    # A share of weight that is exactly zero, with neighbours, is a mean over nothing.
    share = np.divide(observed, total, out=np.ones_like(observed), where=total > 0)
    nowhere = np.full_like(observed, np.nan)
    means[:, columns] = np.divide(means[:, columns], share, out=nowhere, where=share > 0)
    return means
