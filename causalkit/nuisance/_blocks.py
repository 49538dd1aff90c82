"""Columns of hop features turned into blocks of functions, evaluated for any slice of rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Float32 = NDArray[np.float32]
Index = NDArray[np.intp]

HALF_WIDTH = 3.75  # the sine basis lives on [-3.75, 3.75] standard deviations
_CLIP = 3.5
_FEW_LEVELS = 5  # a column with so few values gets one indicator for each instead of smooth functions
_SAMPLE_ROWS = 50_000  # centres, scales and levels are read off at most so many rows
_MAX_LINEAR = 128  # a linear block of more columns is replaced by its leading principal components


@dataclass(frozen=True)
class Block:
    """Columns `start:stop` of the design share one prior variance and describe the same function.

    `kind` is "smooth", "levels", "linear", "fourier" or "pair"; `hop` the hop group and `feature` the column
    in it, -1 where the block is made of several.
    """

    kind: str
    hop: int
    feature: int
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


@dataclass
class HopBasis:
    """Blocks of functions over hop groups: smooth ones of each column, joint ones of each group.

    The functions of a column are sines on [-3.75, 3.75], scaled by the spectral density of a
    squared-exponential kernel (Solin & Sarkka 2020), so that equal weights make a smooth function. The
    Fourier block (Rahimi & Recht 2007, orthogonal as in Yu et al. 2016) carries what no single column does.
    All columns are centred, and a missing value contributes nothing.
    """

    n_functions: int = 5
    n_fourier: int = 100
    length: float = 1.0
    blocks: list[Block] = field(default_factory=list, init=False)
    n_columns: int = field(default=0, init=False)

    def fit(
        self,
        groups: list[Float32],
        rng: np.random.Generator,
        weight: Array | None = None,
        own: NDArray[np.bool_] | None = None,
    ) -> HopBasis:
        """Read centres, scales and levels off the rows; those of weight 0 have no part in it.

        `own` marks, over the columns of all groups side by side, those that get functions of their own.
        """
        self._own = own
        if weight is not None and np.ptp(weight) == 0:
            weight = None
        rows = _sample_rows(len(groups[0]), weight)
        sample, w = [g[rows] for g in groups], None if weight is None else weight[rows]
        self._columns = [[_describe(g[:, j], w) for j in range(g.shape[1])] for g in sample]
        self._linear = [
            _linear_map(_standardise(g, c), c, w) for g, c in zip(sample, self._columns, strict=True)
        ]
        self._fourier = [
            _fourier_frequencies(self._live(h).size, self.n_fourier, rng) for h in range(len(groups))
        ]
        self.blocks = []
        self._lay_out()
        self._centre = np.full(self.n_columns, np.nan, np.float32)
        self._centre = _observed_mean(self._raw(sample), w).astype(np.float32)
        return self

    def evaluate(self, groups: list[Float32]) -> Float32:
        """The design (n_rows, n_columns) of some rows."""
        design = self._raw(groups)
        design -= self._centre
        return design

    def standardised(self, groups: list[Float32], hop: int, feature: int) -> Float32:
        """One column, centred and scaled as in the linear block; a missing value is 0."""
        return _standardise(groups[hop][:, [feature]], [self._columns[hop][feature]])[:, 0]

    def slopes(self, hop: int, weights: Array) -> Array:
        """What weights of the linear block of a hop put on each standardised column, (d,)."""
        return np.asarray(self._linear[hop] @ weights)

    def position(self, hop: int, feature: int) -> int:
        """Place of a column when the groups stand side by side."""
        return sum(len(columns) for columns in self._columns[:hop]) + feature

    def allowed(self, choices: NDArray[np.bool_] | None, n_choices: int) -> NDArray[np.bool_]:
        """(n_choices, 1 + blocks): which blocks, the intercept first, each choice of columns admits."""
        out = np.ones((n_choices, 1 + len(self.blocks)), bool)
        if choices is not None:
            for i, b in enumerate(self.blocks):
                if b.feature >= 0:
                    out[:, 1 + i] = choices[:, self.position(b.hop, b.feature)]
        return out

    def _live(self, hop: int) -> Index:
        return np.flatnonzero([c.scale > 0 for c in self._columns[hop]])

    def _lay_out(self) -> None:
        start = 0

        def add(kind: str, hop: int, feature: int, size: int) -> None:
            nonlocal start
            if size:
                self.blocks.append(Block(kind, hop, feature, start, start + size))
                start += size

        for hop in range(len(self._columns)):
            for j in self._live(hop):
                if self._own is None or self._own[self.position(hop, int(j))]:
                    add(*_column_block(self._columns[hop][j], self.n_functions, hop, int(j)))
        for hop, linear in enumerate(self._linear):
            add("linear", hop, -1, linear.shape[1])
        for hop, frequencies in enumerate(self._fourier):
            add("fourier", hop, -1, 2 * frequencies.shape[1])
        self.n_columns = start

    def _raw(self, groups: list[Float32]) -> Float32:
        out = np.empty((len(groups[0]), self.n_columns), np.float32)
        standard = [_standardise(g, c) for g, c in zip(groups, self._columns, strict=True)]
        for b in self.blocks:
            target = out[:, b.start : b.stop]
            if b.kind in ("smooth", "levels"):
                self._fill_column(target, groups[b.hop][:, b.feature], self._columns[b.hop][b.feature], b)
            elif b.kind == "linear":
                np.matmul(standard[b.hop], self._linear[b.hop], out=target)
            else:
                angle = standard[b.hop][:, self._live(b.hop)] @ self._fourier[b.hop]
                half = angle.shape[1]
                scale = np.float32(np.sqrt(1 / half))
                np.multiply(np.cos(angle), scale, out=target[:, :half])
                np.multiply(np.sin(angle), scale, out=target[:, half:])
        return out

    def _fill_column(self, target: Float32, values: Float32, column: _Column, block: Block) -> None:
        if block.kind == "levels":
            _fill_levels(target, values, column)
        else:
            fill_sines(target, column.smooth_scale(values), self.length)
        missing = np.isnan(values)
        if missing.any():
            target[missing] = self._centre[block.start : block.stop]


@dataclass(frozen=True)
class _Column:
    """How one column is read: its centre and scale, its levels if few, its quantile map if skewed."""

    centre: float
    scale: float
    levels: Float32 | None
    quantiles: Float32 | None

    def smooth_scale(self, values: Float32) -> Float32:
        """Standardised values; a skewed column goes through its normal scores."""
        if self.quantiles is None:
            return (values - np.float32(self.centre)) / np.float32(self.scale)
        return np.interp(values, self.quantiles, _normal_grid(len(self.quantiles))).astype(np.float32)


def _sample_rows(n_rows: int, weight: Array | None) -> Index | slice:
    if weight is None and n_rows <= _SAMPLE_ROWS:
        return slice(None)
    rows = np.arange(n_rows) if weight is None else np.flatnonzero(weight > 0)
    if len(rows) <= _SAMPLE_ROWS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _SAMPLE_ROWS).astype(np.intp)]


def _observed_mean(values: Float32, weight: Array | None) -> Array:
    """Mean of each column over the rows where it is not NaN."""
    if weight is None:
        return np.asarray(np.nanmean(values, axis=0, dtype=np.float64))
    total = weight @ ~np.isnan(values)
    return np.asarray(weight @ np.nan_to_num(values) / total)


def _describe(values: Float32, weight: Array | None) -> _Column:
    known = ~np.isnan(values)
    seen, w = values[known].astype(np.float64), None if weight is None else weight[known]
    if not seen.size:
        return _Column(0.0, 0.0, None, None)
    centre = np.average(seen, weights=w)
    scale = np.sqrt(np.average((seen - centre) ** 2, weights=w))
    if scale <= 1e-6 * max(abs(centre), 1e-30) or scale < 1e-30:
        return _Column(float(centre), 0.0, None, None)
    levels = np.unique(seen)
    if len(levels) <= _FEW_LEVELS:
        return _Column(float(centre), float(scale), levels.astype(np.float32), None)
    standard = (seen - centre) / scale
    skewed = abs(np.average(standard**3, weights=w)) > 1.5 or np.average(standard**4, weights=w) > 9
    quantiles = _ordered(_quantiles(seen, w)) if skewed else None
    return _Column(float(centre), float(scale), None, quantiles)


def _grid(size: int) -> NDArray[np.float64]:
    return (np.arange(size) + 0.5) / size


def _normal_grid(size: int) -> NDArray[np.float64]:
    from scipy.special import ndtri

    return np.asarray(ndtri(_grid(size)))


def _quantiles(values: Array, weight: Array | None) -> Array:
    """257 quantiles; for whole weights those of the rows repeated so many times."""
    if weight is None:
        return np.asarray(np.quantile(values, _grid(257)))
    order = np.argsort(values)
    w = weight[order] / min(1.0, weight.min())
    end = np.cumsum(w)
    positions = np.column_stack([end - w, end - 1]).ravel()
    return np.interp(_grid(257) * (end[-1] - 1), positions, np.repeat(values[order], 2))


def _ordered(quantiles: NDArray[np.float64]) -> Float32:
    """Ties (an atom of the distribution) are kept: interpolation then takes the last of them."""
    return np.maximum.accumulate(quantiles).astype(np.float32)


def _column_block(column: _Column, n_functions: int, hop: int, feature: int) -> tuple[str, int, int, int]:
    if column.levels is None:
        return "smooth", hop, feature, n_functions
    size = 1 if len(column.levels) == 2 else len(column.levels)
    return "levels", hop, feature, size


def _fill_levels(target: Float32, values: Float32, column: _Column) -> None:
    """A two-level column is itself, standardised; otherwise an indicator for the nearest level."""
    levels = column.levels
    assert levels is not None
    if len(levels) == 2:
        inside = np.clip(values, levels[0], levels[1])
        target[:, 0] = (inside - np.float32(column.centre)) / np.float32(column.scale)
        return
    nearest = np.abs(values[:, None] - levels).argmin(axis=1)
    target[:] = nearest[:, None] == np.arange(len(levels))


def fill_sines(target: Float32, values: Float32, length: float = 1.0) -> None:
    """sin(k t) for k = 1, 2, ... by sin((k+1)t) = 2 cos(t) sin(kt) - sin((k-1)t): two calls in all."""
    step = np.float32(np.pi / (2 * HALF_WIDTH))
    t = (np.clip(values, -_CLIP, _CLIP) + np.float32(HALF_WIDTH)) * step
    twice_cos, before, now = 2 * np.cos(t), np.zeros_like(t), np.sin(t)
    for k in range(target.shape[1]):
        frequency = step * (k + 1)
        scale = np.sqrt(np.sqrt(2 * np.pi) * length * np.exp(-0.5 * (length * frequency) ** 2) / HALF_WIDTH)
        np.multiply(now, np.float32(scale), out=target[:, k])
        before, now = now, twice_cos * now - before


def _standardise(group: Float32, columns: list[_Column]) -> Float32:
    """Centred and scaled; missing and constant columns become 0, outliers are pulled in to 10 deviations."""
    centre = np.array([c.centre for c in columns], np.float32)
    scale = np.array([1 / c.scale if c.scale > 0 else 0.0 for c in columns], np.float32)
    out = (group - centre) * scale
    np.nan_to_num(out, copy=False, nan=0.0)
    return np.clip(out, -10, 10, out=out)


def _linear_map(standard: Float32, columns: list[_Column], weight: Array | None) -> Float32:
    """(d, k) map to the linear block: live columns, or leading principal components where they are many."""
    live = np.flatnonzero([c.scale > 0 for c in columns])
    if live.size <= _MAX_LINEAR:
        pick = np.zeros((len(columns), live.size), np.float32)
        pick[live, np.arange(live.size)] = 1 / np.sqrt(max(live.size, 1))
        return pick
    w = np.ones(len(standard)) if weight is None else weight
    gram = (standard * w[:, None]).T @ standard / w.sum()
    values, vectors = np.linalg.eigh(gram)
    return (vectors[:, ::-1][:, :_MAX_LINEAR] / np.sqrt(values[::-1][:_MAX_LINEAR].sum())).astype(np.float32)


def _fourier_frequencies(d: int, n_fourier: int, rng: np.random.Generator) -> Float32:
    """Orthogonal frequencies (d, n_fourier / 2) of a squared-exponential kernel with length sqrt(d)."""
    half = n_fourier // 2
    if d < 2 or half == 0:  # one column is carried by its smooth block
        return np.zeros((d, 0), np.float32)
    turns = []
    for _ in range(-(-half // d)):
        rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
        turns.append(rotation * np.sqrt(rng.chisquare(d, d))[:, None])
    return (np.vstack(turns)[:half].T / np.sqrt(d)).astype(np.float32)
