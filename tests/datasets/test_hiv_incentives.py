"""Paid to learn one's HIV status: the table and the average effect known from outside."""

import numpy as np
import pytest
import statsmodels.formula.api as smf
from sklearn.utils import Bunch

from causalkit.datasets import load_hiv_incentives


@pytest.fixture(scope="module")
def hiv() -> Bunch:
    return load_hiv_incentives()


def test_shapes_and_missing_values(hiv: Bunch) -> None:
    assert hiv.X.shape == (4820, 3)
    assert list(hiv.X.columns) == hiv.feature_names == ["age", "distvct", "hiv2004"]
    assert hiv.X.isna().sum().to_dict() == {"age": 441, "distvct": 0, "hiv2004": 1926}
    assert int(hiv.y.isna().sum()) == 1926
    assert int(hiv.treatment.isna().sum()) == 1919
    assert (hiv.y.name, hiv.treatment.name) == ("got", "any")
    assert set(hiv.treatment.dropna()) == set(hiv.y.dropna()) == {0.0, 1.0}


def test_the_amount_paid_is_no_feature(hiv: Bunch) -> None:
    assert {"tinc", "any", "got"} <= set(hiv.data.columns)
    assert not {"tinc", "any", "got"} & set(hiv.X.columns)
    paid = hiv.data["tinc"].dropna() > 0
    np.testing.assert_array_equal(paid, hiv.treatment.dropna())


def test_villages_are_linked(hiv: Bunch) -> None:
    village = hiv.data["villnum"]
    sizes = village.map(village.value_counts()).fillna(1)
    np.testing.assert_array_equal(hiv.graph.degrees, sizes - 1)
    assert hiv.groups.nunique() == village.nunique() + 27
    np.testing.assert_array_equal(hiv.graph.degrees[village.isna()], 0)
    first, second = hiv.graph.edges()[::997].T
    np.testing.assert_array_equal(hiv.groups.iloc[first], hiv.groups.iloc[second])


def test_average_effect(hiv: Bunch) -> None:
    """Village-clustered least squares on the 2,830 rows that are complete but for age: 0.45 (0.023)."""
    table = hiv.data.drop(columns="age").dropna().rename(columns={"any": "paid"})
    assert len(table) == 2830
    groups = table["villnum"].astype(int)
    model = smf.ols("got ~ paid", table).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert model.params["paid"] == pytest.approx(0.45, abs=0.005)
    assert model.bse["paid"] == pytest.approx(0.023, abs=0.0005)


def test_description(hiv: Bunch) -> None:
    assert "Thornton (2008)" in hiv.DESCR
    assert "licence" in hiv.DESCR
    assert hiv.question.endswith("?")
    assert int((hiv.data["hiv2004"] == -1).sum()) == 14
