"""GraphRegressor and GraphClassifier: ensembles of neural networks that see own and neighbours' columns."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from causalkit._environments import Groups, group_rows
from causalkit._optional import require
from causalkit._random import RandomState, child_seeds
from causalkit._validation import (
    check_choice,
    check_features,
    check_outcome,
    check_sample_weight,
    check_scalar_argument,
    feature_names,
    row_names,
)
from causalkit.graphs._convert import as_network
from causalkit.graphs._folds import fold_labels
from causalkit.graphs._network import Network
from causalkit.nuisance._graph_inputs import InputLayout, graph_inputs

if TYPE_CHECKING:
    import torch

    from causalkit.nuisance._modules import GraphInputs
    from causalkit.nuisance._training import History, Schedule, Task

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

DECOUPLED, ON_LINKS = ("sign", "mlp"), ("gcn", "sage", "gat")
ARCHITECTURES = ("sign", *ON_LINKS, "mlp")

_PENALTIES_HOLD_AT = 2_000  # rows; with n rows penalties are sqrt(2000 / n) times as strong
_FEWEST_ROWS = 200  # below, penalties do not grow further
_PREDICTED_ROWS = 16_384
_SMALLEST_BATCH, _LARGEST_BATCH, _BATCHES = 256, 4_096, 125

_PARAMETERS = """\
    Parameters
    ----------
    architecture : {"sign", "gcn", "sage", "gat", "mlp"} or callable, default="sign"
        "sign": dense networks on own columns and their means over one, two, ... hops, which are computed once
        (Frasca et al. 2020). "mlp": the same on own columns only. "gcn" (Kipf & Welling 2017), "sage"
        (Hamilton et al. 2017) and "gat" (Velickovic et al. 2018): as many graph layers as hops, each with a
        root term. Or a function ``factory(in_channels, out_channels)`` that makes a ``torch.nn.Module`` whose
        ``forward`` takes ``(x)``, ``(x, edge_index)`` or ``(x, edge_index, edge_weight)`` and returns
        ``(n, out_channels)``; ``in_channels`` is the number of columns of X (and of missing flags).
    n_hops : int, default=2
        How far the network is looked at; 0 looks at no neighbour. Not used by "mlp" and modules of one's own.
    n_hidden, n_layers : int, default=32, 2
        Width, and number of hidden dense layers; of networks on links the graph layers count as one.
    n_members : int, default=5
        Networks in the ensemble, whose predictions are averaged. Each has its own validation part.
    learning_rate : float, default=0.005
        Of Adam.
    weight_decay, group_penalty : float, default=1.2, 1.0
        Pull of the weights towards zero, and pull of an input column's weights in the first layer towards
        zero together, so that columns without use drop out. Both are for 2,000 rows and weaken with the
        square root of the number of rows; modules of one's own have no group penalty.
    penalty_factors : tuple of float, default=(0.3, 1.0)
        An ensemble is trained with both penalties times each factor, and the one with the smallest validation
        loss is kept: weak penalties suit a clear signal, strong ones a faint one.
    max_epochs, patience : int, default=200, 25
        Training stops after so many epochs in which no member had a smaller validation loss; each keeps its
        best weights.
    batch_size : int or "auto", default="auto"
        Rows of a step of "sign" and "mlp": 256, or the 125th part of the rows up to 4,096. The others see all
        nodes at once, three times an epoch.
    validation_fraction : float, default=0.2
        Share of the rows that a member stops on: a fold of the network, so that they are not neighbours of
        the others.
    own_columns : list of str or int, optional
        Columns of X that stay with their node: no neighbour sees them, nor that they are missing.
    missing : {"error", "flag"}, default="error"
        "flag" accepts missing values in X: they get a flag column and the column's mean.
    device : str, default="auto"
        "auto" is CUDA where it is; or a name that ``torch.device`` takes.
    verbose : bool, default=False
        Show a progress bar (needs ``rich``).
    random_state : int, Generator, RandomState or None
        Seed of weights, batches and validation parts: the same numbers again on the same machine.
"""

_ATTRIBUTES = """\
    Attributes
    ----------
    loss_history_ : DataFrame
        epoch, penalty_factor, member, training_loss, validation_loss: {loss}.
    penalty_factor_ : float
        The factor that was kept.
    n_epochs_ : int
        Epochs until the last member stopped.
    validation_loss_ : float
        Mean of the kept members' smallest losses.
    device_ : str
        Where it was trained.
    n_features_in_, feature_names_in_ : int, ndarray
        As in scikit-learn.

    Raises
    ------
    ValueError
        For an unknown architecture or device, a module whose output has a wrong shape, a loss that is not
        finite, or inputs that are missing, not finite, of unequal length, or a graph that does not fit X.

    Warns
    -----
    UserWarning
        If the fit had links and a prediction has no graph.

    References
    ----------
    Frasca et al. (2020), SIGN: Scalable inception graph neural networks, arXiv:2004.11198. Yuan & Lin (2006),
    Model selection and estimation in regression with grouped variables.
"""


class _GraphModel(BaseEstimator):
    """What regressor and classifier share: settings, inputs, ensemble, training and raw outputs."""

    # Asked for by default: a fit without the graph is another one.
    __metadata_request__fit = {"graph": True}  # noqa: RUF012
    __metadata_request__predict = {"graph": True}  # noqa: RUF012
    __metadata_request__predict_proba = {"graph": True}  # noqa: RUF012
    __metadata_request__score = {"graph": True}  # noqa: RUF012

    def __init__(
        self,
        architecture: str | Callable[[int, int], Any] = "sign",
        n_hops: int = 2,
        n_hidden: int = 32,
        n_layers: int = 2,
        n_members: int = 5,
        learning_rate: float = 0.005,
        weight_decay: float = 1.2,
        group_penalty: float = 1.0,
        penalty_factors: tuple[float, ...] = (0.3, 1.0),
        max_epochs: int = 200,
        patience: int = 25,
        batch_size: int | str = "auto",
        validation_fraction: float = 0.2,
        own_columns: list[Any] | None = None,
        missing: str = "error",
        device: str = "auto",
        verbose: bool = False,
        random_state: RandomState = None,
    ) -> None:
        self.architecture = architecture
        self.n_hops = n_hops
        self.n_hidden = n_hidden
        self.n_layers = n_layers
        self.n_members = n_members
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.group_penalty = group_penalty
        self.penalty_factors = penalty_factors
        self.max_epochs = max_epochs
        self.patience = patience
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.own_columns = own_columns
        self.missing = missing
        self.device = device
        self.verbose = verbose
        self.random_state = random_state

    def _check_settings(self) -> None:
        if not callable(self.architecture):
            known = ", ".join(map(repr, ARCHITECTURES))
            if self.architecture not in ARCHITECTURES:
                raise ValueError(
                    f"architecture must be one of {known} or a function (in_channels, out_channels) -> "
                    f"torch.nn.Module; got {self.architecture!r}"
                )
        lowest = {"n_hops": 0, "n_hidden": 1, "n_layers": 1, "n_members": 1, "max_epochs": 1, "patience": 1}
        for name, low in lowest.items():
            check_scalar_argument(getattr(self, name), name, integer=True, low=low)
        check_scalar_argument(self.learning_rate, "learning_rate", low=0, inclusive=False)
        for name in ("weight_decay", "group_penalty"):
            check_scalar_argument(getattr(self, name), name, low=0)
        if not isinstance(self.penalty_factors, list | tuple) or not self.penalty_factors:
            raise ValueError(
                f"penalty_factors must be a list of at least one number; got {self.penalty_factors!r}"
            )
        for factor in self.penalty_factors:
            check_scalar_argument(factor, "penalty_factors", low=0)
        if self.batch_size != "auto":
            check_scalar_argument(self.batch_size, "batch_size", integer=True, low=1)
        check_scalar_argument(self.validation_fraction, "validation_fraction", low=0.01, high=0.5)
        check_choice(self.missing, "missing", ["error", "flag"])

    @property
    def _is_decoupled(self) -> bool:
        return self.architecture in DECOUPLED

    def _read(self, X: Any, graph: Any, *, reset: bool) -> tuple[Array, Network]:
        values = check_features(
            self, X, reset=reset, allow_nan=self.missing == "flag", min_rows=2 if reset else 1
        )
        return values, as_network(graph, n_nodes=len(values), node_ids=row_names(X))

    def _own_positions(self) -> tuple[int, ...]:
        names = feature_names(self)
        found = []
        for column in () if self.own_columns is None else self.own_columns:
            is_position = isinstance(column, int | np.integer) and not isinstance(column, bool)
            position = int(column) if is_position else names.index(column) if column in names else -1
            if not 0 <= position < len(names):
                raise ValueError(f"own_columns must be columns of X, {names}; got {column!r}")
            found.append(position)
        if found and callable(self.architecture):
            raise ValueError(
                "own_columns must be None for an architecture of one's own, which alone decides what travels "
                f"along links; got {self.own_columns!r}"
            )
        return tuple(sorted(set(found)))

    def _fit_networks(
        self,
        values: Array,
        network: Network,
        target: NDArray[Any],
        weight: Array | None,
        n_outputs: int,
        loss: Callable[[Any, Any], Any],
    ) -> None:
        """Train the ensembles and keep the one with the smallest validation loss."""
        import torch

        from causalkit.nuisance._training import seeded_torch, train

        self.device_ = resolve_device(self.device)
        self._n_edges = network.n_edges
        split_seed, weight_seed, batch_seed = child_seeds(self.random_state, 3)
        used = np.arange(len(values)) if weight is None else np.flatnonzero(weight)
        if len(used) < 2:
            raise ValueError(f"sample_weight must be positive in at least 2 rows; got {len(used)}")
        self._layout, columns = self._lay_out(values, network, used)
        generator = torch.Generator().manual_seed(weight_seed)
        # Modules that draw from torch's global generator are trained one after the other.
        batched = self.architecture in (*DECOUPLED, "gcn", "sage")
        with nullcontext() if batched else seeded_torch(weight_seed), self._threads():
            net = self._make(columns, n_outputs, generator).to(self.device_)
            task = self._task(columns, network, target, weight, used, loss, split_seed)
            schedule = self._schedule(len(used))
            batches = torch.Generator().manual_seed(batch_seed)
            with self._progress() as on_epoch:
                history = train(net, task, schedule, batches, on_epoch)
        self._keep_best(net, history)

    def _lay_out(self, values: Array, network: Network, used: Index) -> tuple[InputLayout, Float32]:
        return InputLayout.of(
            values,
            network,
            feature_names(self),
            n_hops=0 if self.architecture == "mlp" else self.n_hops,
            own=self._own_positions(),
            decoupled=self._is_decoupled,
            with_degree=not callable(self.architecture) and self.architecture != "mlp",
            rows=used,
        )

    def _make(self, columns: Float32, n_outputs: int, generator: torch.Generator) -> Any:
        from causalkit.nuisance import _modules

        n_all = self.n_members * len(self.penalty_factors)
        n_own = self._layout.n_own
        n_in, n_dense = columns.shape[1] - n_own, self.n_layers - 1
        if self.architecture in DECOUPLED:
            return _modules.HopNetworks(
                n_all, n_in + n_own, n_outputs, self.n_hidden, self.n_layers, generator
            )
        if self.architecture in ("gcn", "sage"):
            return _modules.MessageNetworks(
                n_all, n_in, n_own, n_outputs, self.n_hidden, max(self.n_hops, 1), n_dense, generator
            )

        def member() -> Any:
            if self.architecture == "gat":
                return _modules.AttentionNetwork(
                    n_in, n_own, n_outputs, self.n_hidden, max(self.n_hops, 1), n_dense
                )
            return self._users_module(n_in, n_outputs)

        members = [member() for _ in range(n_all)]
        if len({id(part) for made in members for part in made.parameters()}) < sum(
            len(list(made.parameters())) for made in members
        ):
            raise ValueError(
                "architecture must make a new module in each call; got modules that share their parameters"
            )
        return _modules.SeparateNetworks(members)

    def _users_module(self, n_in: int, n_outputs: int) -> Any:
        from torch import nn

        from causalkit.nuisance._modules import UserNetwork

        assert callable(self.architecture)
        is_module = isinstance(self.architecture, nn.Module)
        module = None if is_module else self.architecture(n_in, n_outputs)
        if not isinstance(module, nn.Module):
            found = "a module" if is_module else f"one that returns {type(module).__name__}"
            raise ValueError(
                "architecture must be a function (in_channels, out_channels) -> torch.nn.Module, so that "
                f"each network of the ensemble starts anew; got {found}"
            )
        return UserNetwork(module, n_outputs)

    def _task(
        self,
        columns: Float32,
        network: Network,
        target: NDArray[Any],
        weight: Array | None,
        used: Index,
        loss: Callable[[Any, Any], Any],
        seed: int,
    ) -> Task:
        """Decoupled networks are shown the rows that count; networks on links need all nodes."""
        import torch

        from causalkit.nuisance._training import Task

        n_parts = min(max(2, round(1 / self.validation_fraction)), len(used))
        parts = fold_labels(network if len(used) == network.n_nodes else network[used], n_parts, seed)
        part, row_weight = np.full(len(columns), -2), np.zeros(len(columns), np.float32)
        part[used] = parts
        row_weight[used] = 1 if weight is None else weight[used] / weight[used].mean()
        n_factors = len(self.penalty_factors)
        device = torch.device(self.device_)
        inputs: Any
        if self._is_decoupled:
            every = len(used) == len(columns)
            rows: Any = slice(None) if every else used
            inputs, target = torch.from_numpy(columns[rows]).to(device), target[rows]
            part, row_weight = part[rows], row_weight[rows]
        else:
            inputs = self._linked(columns, network).to(device)
        return Task(
            inputs=inputs,
            target=torch.from_numpy(np.ascontiguousarray(target)).to(device),
            weight=torch.from_numpy(row_weight).to(device),
            part=torch.from_numpy(part).to(device),
            validation_part=torch.arange(self.n_members, device=device).remainder(n_parts).repeat(n_factors),
            strength=torch.tensor(np.repeat(self.penalty_factors, self.n_members), dtype=torch.float32).to(
                device
            ),
            loss=loss,
        )

    def _linked(self, columns: Float32, network: Network) -> GraphInputs:
        """Inputs of networks on links, without any link where no hop is asked for."""
        if callable(self.architecture):
            return graph_inputs(columns, self._layout.n_own, network, "own")
        if not self.n_hops:
            network = Network(sparse.csr_array(network.shape, dtype=np.float32))
        return graph_inputs(columns, self._layout.n_own, network, self.architecture)

    def _schedule(self, n_rows: int) -> Schedule:
        from causalkit.nuisance._training import Schedule

        milder = (_PENALTIES_HOLD_AT / max(n_rows, _FEWEST_ROWS)) ** 0.5
        size: int | None = None
        if self._is_decoupled:
            auto = min(max(_SMALLEST_BATCH, n_rows // _BATCHES), _LARGEST_BATCH)
            size = auto if isinstance(self.batch_size, str) else int(self.batch_size)
        return Schedule(
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay * milder,
            group_penalty=self.group_penalty * milder,
            max_epochs=self.max_epochs,
            patience=self.patience,
            batch_size=size,
        )

    def _threads(self) -> Any:
        from causalkit.nuisance._training import torch_threads

        return torch_threads(one=self._is_decoupled)

    @contextmanager
    def _progress(self) -> Iterator[Callable[[int, float], None]]:
        bar = _started_bar() if self.verbose else None
        if bar is None:
            yield lambda epoch, loss: None
            return
        name = type(self).__name__
        task = bar.add_task(name, total=self.max_epochs)
        try:
            yield lambda epoch, loss: bar.update(
                task, completed=epoch + 1, description=f"{name}, validation loss {loss:.4f}"
            )
        finally:
            bar.stop()

    def _keep_best(self, net: Any, history: History) -> None:
        by_factor = history.best.reshape(len(self.penalty_factors), self.n_members).mean(axis=1)
        winner = int(np.argmin(by_factor))
        net.select(range(winner * self.n_members, (winner + 1) * self.n_members))
        net.eval()
        self._net = net.cpu()
        self.penalty_factor_ = float(self.penalty_factors[winner])
        self.validation_loss_ = float(by_factor[winner])
        self.n_epochs_ = len(history.training)
        self.loss_history_ = _history_table(history, self.penalty_factors, self.n_members)

    def _outputs(self, X: Any, graph: Any) -> Any:
        """Raw outputs of every member, a tensor (m, n, n_outputs)."""
        import torch

        check_is_fitted(self, "loss_history_")
        values, network = self._read(X, graph, reset=False)
        if graph is None and self._n_edges and self.architecture != "mlp":
            warnings.warn(
                f"graph is None, but the fit had a graph with {self._n_edges} edges: every node counts as "
                "one without neighbours; give graph=",
                UserWarning,
                stacklevel=3,
            )
        device = resolve_device(self.device)
        columns = self._layout.columns(values, network)
        net = self._net if device == "cpu" else deepcopy(self._net).to(device)  # other threads may ask, too
        with torch.no_grad(), self._threads():
            if self._is_decoupled:
                parts = torch.from_numpy(columns).split(_PREDICTED_ROWS)
                out = torch.cat([net(part.to(device)).cpu() for part in parts], dim=1)
            else:
                out = net(self._linked(columns, network).to(torch.device(device))).cpu()
        return out

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "flag"
        return tags


class GraphRegressor(RegressorMixin, _GraphModel):
    __doc__ = f"""Regression by an ensemble of neural networks on own and neighbours' columns.

    Estimates E[y | X, G]. Each network minimises the weighted mean of ``(y - f(x))^2``; after each step of
    Adam all weights decay and the norm of each input column's weights in the first layer falls by a fixed
    amount (the proximal step of a group penalty, in units of Adam's step), so that columns without use drop
    out. It stops on a fold of the network that it was not trained on. Columns are standardised, as is y.

    In small samples a sum of smooth functions (:class:`HopAdditiveRegressor`) is as good or better and much
    faster; networks pay where no few columns or pairs carry the outcome and there are thousands of rows.

{_PARAMETERS}
{_ATTRIBUTES.format(loss="squared errors of the standardised outcome")}
    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> from causalkit.nuisance import GraphRegressor
    >>> world = make_network_cate(500, effect="constant", random_state=0)
    >>> model = GraphRegressor("sign", n_members=2, max_epochs=20, random_state=0)
    >>> model = model.fit(world.X, world.y, graph=world.graph)
    >>> model.predict(world.X, graph=world.graph).shape
    (500,)
    """

    def fit(self, X: Any, y: ArrayLike, *, graph: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to features X (n, d), outcome y (n,) and the network of the n units.

        A row of weight 0 has no part in the fit but as a neighbour.
        """
        self._check_settings()
        values, network = self._read(X, graph, reset=True)
        outcome = check_outcome(y, len(values), allow_constant=True)
        weight = check_sample_weight(sample_weight, len(values))
        target = self._standardise(outcome, weight)
        self._fit_networks(values, network, target, weight, 1, _squared_error)
        return self

    def predict(self, X: Any, *, graph: Any = None) -> Array:
        """Predict the outcome of the nodes of a network, (n,), in units of y; nodes may be new."""
        mean = self._outputs(X, graph)[..., 0].mean(dim=0).numpy().astype(np.float64)
        return np.asarray(mean * self._scale + self._centre)

    def score(
        self, X: Any, y: ArrayLike, *, graph: Any = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """R2 of the prediction, 1 - (sum of squared errors) / (sum of squares about the mean)."""
        return float(r2_score(y, self.predict(X, graph=graph), sample_weight=sample_weight))

    def _standardise(self, outcome: Array, weight: Array | None) -> Float32:
        """The outcome with mean zero and deviation one; zero where it does not vary or has no weight."""
        self._centre = float(np.average(outcome, weights=weight))
        deviation = outcome - self._centre
        if weight is not None:
            deviation[weight == 0] = 0.0  # whatever stands there has no part, were it infinite in 32 bits
        largest = float(np.abs(deviation).max()) or 1.0  # taken out, so that no square overflows
        spread = largest * float(np.sqrt(np.average((deviation / largest) ** 2, weights=weight)))
        self._scale = spread if spread > 1e-13 * abs(self._centre) else 0.0
        return np.asarray(deviation / (self._scale or np.inf), dtype=np.float32)


class GraphClassifier(ClassifierMixin, _GraphModel):
    __doc__ = f"""Classification by an ensemble of neural networks on own and neighbours' columns.

    Estimates P(y = k | X, G) for two or more classes. Each network minimises the weighted log loss, with the
    penalties of :class:`GraphRegressor`, and stops on a fold of the network that it was not trained on.
    Probabilities are averaged over the networks.

{_PARAMETERS}
{_ATTRIBUTES.format(loss="log losses")}
    Examples
    --------
    >>> from causalkit.datasets import make_network_cate
    >>> from causalkit.nuisance import GraphClassifier
    >>> world = make_network_cate(500, random_state=0)
    >>> model = GraphClassifier("sign", n_members=2, max_epochs=20, random_state=0)
    >>> model = model.fit(world.X, world.treatment, graph=world.graph)
    >>> model.predict_proba(world.X, graph=world.graph).shape
    (500, 2)
    """

    def fit(self, X: Any, y: ArrayLike, *, graph: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to features X (n, d), class labels y (n,) and the network of the n units.

        A row of weight 0 has no part in the fit but as a neighbour.
        """
        self._check_settings()
        values, network = self._read(X, graph, reset=True)
        grouped = _read_classes(y, len(values))
        weight = check_sample_weight(sample_weight, len(values))
        self.classes_ = grouped.labels
        relative = None if weight is None else weight / weight[weight > 0].mean()
        share = np.bincount(grouped.codes, relative, grouped.n_groups) + 1.0
        self._offset = np.log(share / share.sum()).astype(np.float32)
        loss = _log_loss(self._offset, resolve_device(self.device))
        self._fit_networks(values, network, grouped.codes.astype(np.int64), weight, len(self.classes_), loss)
        return self

    def predict_proba(self, X: Any, *, graph: Any = None) -> Array:
        """Probabilities of ``classes_`` for the nodes of a network, (n, n_classes); nodes may be new."""
        import torch

        out = self._outputs(X, graph) + torch.from_numpy(self._offset)
        mean = torch.softmax(out.double(), dim=2).mean(dim=0).numpy()
        return np.asarray(mean)

    def predict(self, X: Any, *, graph: Any = None) -> NDArray[Any]:
        """The likeliest class of the nodes of a network, (n,)."""
        likeliest = self.predict_proba(X, graph=graph).argmax(axis=1)
        return np.asarray(self.classes_[likeliest])

    def score(
        self, X: Any, y: ArrayLike, *, graph: Any = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Share of nodes whose class is predicted."""
        return float(accuracy_score(y, self.predict(X, graph=graph), sample_weight=sample_weight))


def _started_bar() -> Any:
    """A progress bar; None where a fit in another thread shows one and rich, before 14.1, cannot show two."""
    progress = require("rich.progress", extra="cli", purpose="verbose=True")
    errors = require("rich.errors", extra="cli", purpose="verbose=True")
    bar = progress.Progress()
    try:
        bar.start()
    except errors.LiveError:
        return None
    return bar


def resolve_device(device: str) -> str:
    """The name of a device that torch can use here; "auto" is CUDA where it is."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        name = str(torch.device(device))
        torch.zeros(1, device=name).cpu()  # "meta" and the like hold no numbers
    except (RuntimeError, AssertionError, TypeError) as error:
        raise ValueError(
            f"device must be 'auto' or one that torch can use here; got {device!r} ({_first_line(error)})"
        ) from error
    return name


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _read_classes(y: Any, n_rows: int) -> Groups:
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")
    labels = column_or_1d(y, warn=True)
    if labels.dtype.kind == "f":
        check_outcome(labels, n_rows, allow_constant=True)
    grouped = group_rows(labels, name="y", n_rows=n_rows)
    check_classification_targets(labels)
    if grouped.n_groups < 2:
        raise ValueError(f"y must have at least 2 classes; got 1 class: {grouped.labels.tolist()[0]!r}")
    return grouped


def _squared_error(out: Any, target: Any) -> Any:
    return (out[..., 0] - target) ** 2


def _log_loss(offset: Float32, device: str) -> Callable[[Any, Any], Any]:
    """Log loss of each row; the offset is the classes' share, so that networks learn what departs from it."""
    import torch
    from torch.nn.functional import cross_entropy

    start = torch.from_numpy(offset).to(device)

    def loss(out: Any, target: Any) -> Any:
        m, b, n_classes = out.shape
        flat = cross_entropy(
            (out + start).reshape(-1, n_classes), target.expand(m, b).reshape(-1), reduction="none"
        )
        return flat.view(m, b)

    return loss


def _history_table(history: History, factors: tuple[float, ...], n_members: int) -> pd.DataFrame:
    n_epochs, n_all = history.training.shape
    member = np.arange(n_all)
    return pd.DataFrame(
        {
            "epoch": np.repeat(np.arange(n_epochs), n_all),
            "penalty_factor": np.tile(np.repeat(np.asarray(factors, dtype=float), n_members), n_epochs),
            "member": np.tile(member % n_members, n_epochs),
            "training_loss": history.training.ravel(),
            "validation_loss": history.validation.ravel(),
        }
    )
