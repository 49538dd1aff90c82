"""The canonical arrangement of a table with environments."""

import numpy as np
import pandas as pd
import pytest

from causalkit.datasets import make_exchangeable_scm
from causalkit.estimators._discovery._data import DiscoveryData, discovery_data, warn_of_single_rows


def some_data(random_state: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Three continuous columns and one of levels, in environments of one to four rows."""
    made = make_exchangeable_scm(
        "location", n_environments=30, n_rows=(1, 4), n_variables=4, levels={2: 3}, random_state=random_state
    )
    return made.X, made.environments


def same(one: DiscoveryData, two: DiscoveryData) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(two, name))
        for name in ("values", "codes", "sizes", "n_levels")
    )


def test_the_arrangement_depends_on_the_data_alone() -> None:
    X, environments = some_data()
    expected = discovery_data(X, environments)
    rng = np.random.default_rng(1)
    for _ in range(5):
        rows, columns = rng.permutation(len(X)), rng.permutation(4)
        shuffled = X.iloc[rows, columns].reset_index(drop=True).set_axis(list("abcd"), axis=1)
        labels = rng.permutation(1000)[:30]
        relabelled = [f"site {labels[code]}" for code in environments.iloc[rows]]
        found = discovery_data(shuffled, relabelled)
        assert same(found, expected)
        original = dict(zip("abcd", X.columns[columns], strict=True))
        assert [original[name] for name in found.names] == list(expected.names)


def test_rows_stand_by_environment() -> None:
    X, environments = some_data()
    data = discovery_data(X, environments)
    assert (np.diff(data.codes) >= 0).all()
    assert np.array_equal(np.bincount(data.codes), data.sizes)
    rows = pd.DataFrame(data.values, columns=data.names)[list(X.columns)]
    for name, levels in zip(data.names, data.levels, strict=True):
        if levels is not None:
            rows[name] = np.array(levels)[rows[name].astype(int)]
    expected = sorted(tuple(sorted(map(tuple, part.to_numpy()))) for _, part in X.groupby(environments))
    found = sorted(tuple(sorted(map(tuple, part.to_numpy()))) for _, part in rows.groupby(data.codes))
    assert found == expected


def test_kinds_of_columns() -> None:
    X, environments = some_data()
    level = X.columns[[X[name].nunique() == 3 for name in X]]
    assert discovery_data(X, environments).kind == "mixed"
    assert discovery_data(X.drop(columns=level), environments).kind == "continuous"
    words = X[level].map(lambda value: f"level {value:g}")
    data = discovery_data(words.assign(other=np.arange(len(X)) % 2 == 0), environments)
    assert data.kind == "categorical"
    assert sorted(data.n_levels) == [2, 3]
    assert data.levels[data.names.index(level[0])] == ("level 0", "level 1", "level 2")


def test_numbers_of_environments_and_pairs() -> None:
    X = pd.DataFrame({"a": np.arange(12.0), "b": np.arange(12.0)[::-1] ** 2})
    data = discovery_data(X, [0] * 3 + [1] * 4 + [2] + [3] * 4)
    assert (data.n_environments, data.n_variables, data.n_pairs) == (4, 2, 3 + 6 + 0 + 6)


def test_resampled_environments_are_repeated_whole() -> None:
    X, environments = some_data()
    data = discovery_data(X, environments)
    counts = np.random.default_rng(0).multinomial(30, np.full(30, 1 / 30))
    again = data.resampled(counts)
    rows = [np.flatnonzero(data.codes == e) for e in range(30) for _ in range(counts[e])]
    assert np.array_equal(again.values, data.values[np.concatenate(rows)])
    assert again.sizes.tolist() == [len(part) for part in rows]
    assert np.array_equal(again.codes, np.repeat(np.arange(30), again.sizes))
    assert np.array_equal(again.variables[0].features, data.variables[0].features[np.concatenate(rows)])


def test_environments_of_one_row_are_named() -> None:
    data = discovery_data(*some_data())
    n_single = int((data.sizes == 1).sum())
    with pytest.warns(UserWarning, match=f"{n_single} of 30 environments have one row only"):
        warn_of_single_rows(data)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a"] * 120, r"environments must hold at least two environments; got one \('a'\) in all 120 rows"),
        (range(120), "at least one environment of two or more rows.*got 120 environments of one row each"),
        (range(119), "environments must have one label for each row; got 119 labels and 120 rows"),
        ([None, *range(119)], "environments must have a label for each row; got 1 missing"),
        (None, "environments must be one-dimensional"),
    ],
    ids=["one", "single rows", "short", "missing", "none"],
)
def test_environments_that_cannot_be_used(labels: object, message: str) -> None:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(120, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match=message):
        discovery_data(X, labels)  # type: ignore[arg-type]


def test_columns_that_cannot_be_used() -> None:
    codes = np.repeat(np.arange(60), 2)
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(120, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match=r"X must have at least two columns; got one \('a'\)"):
        discovery_data(X[["a"]], codes)
    with pytest.raises(ValueError, match=r"X \(column 'b'\) must vary; got 3.0 in all 120 rows"):
        discovery_data(X.assign(b=3.0), codes)
    with pytest.raises(ValueError, match=r"X \(column 'b'\) must be numeric or have levels that repeat"):
        discovery_data(X.assign(b=[f"text {i}" for i in range(120)]), codes)
    with pytest.raises(ValueError, match="vary inside environments; got 'b' with one value in each of 60"):
        discovery_data(X.assign(b=codes % 7 * 1.0 + codes), codes)
