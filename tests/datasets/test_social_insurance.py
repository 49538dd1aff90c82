"""Insurance sessions: the table and the average effect known from outside."""

import numpy as np
import pytest
import statsmodels.formula.api as smf
from sklearn.utils import Bunch

from causalkit.datasets import load_social_insurance


@pytest.fixture(scope="module")
def insurance() -> Bunch:
    return load_social_insurance()


def test_shapes_and_missing_values(insurance: Bunch) -> None:
    assert insurance.X.shape == (1410, 9)
    assert list(insurance.X.columns) == insurance.feature_names
    missing = insurance.X.isna().sum()
    assert missing[missing > 0].to_dict() == {
        "age": 4, "agpop": 6, "ricearea_2010": 9, "male": 3, "literacy": 21
    }  # fmt: skip
    assert int(insurance.X.notna().all(axis=1).sum()) == 1378
    assert not insurance.y.isna().any()
    assert not insurance.treatment.isna().any()
    assert (insurance.y.name, insurance.treatment.name) == ("takeup_survey", "intensive")
    assert not {"takeup_survey", "intensive", "address", "village"} & set(insurance.X.columns)


def test_natural_villages_are_linked(insurance: Bunch) -> None:
    assert insurance.groups.nunique() == 166
    address = insurance.data["address"]
    np.testing.assert_array_equal(insurance.graph.degrees, address.map(address.value_counts()) - 1)
    first, second = insurance.graph.edges().T
    np.testing.assert_array_equal(address.iloc[first], address.iloc[second])


def test_columns_drawn_for_a_whole_village_do_not_vary_in_it(insurance: Bunch) -> None:
    table = insurance.data.groupby("address")[["default", "pre_takeup_rate", "village"]]
    assert (table.nunique() == 1).all(axis=None)


def test_average_effect(insurance: Bunch) -> None:
    """Least squares clustered by natural village, on all rows: 0.00 (0.027)."""
    codes = insurance.groups.astype("category").cat.codes
    model = smf.ols("takeup_survey ~ intensive", insurance.data).fit(
        cov_type="cluster", cov_kwds={"groups": codes}
    )
    assert model.params["intensive"] == pytest.approx(0.0, abs=0.005)
    assert model.bse["intensive"] == pytest.approx(0.027, abs=0.001)


def test_description(insurance: Bunch) -> None:
    assert "Sadoulet (2015)" in insurance.DESCR
    assert "licence" in insurance.DESCR
    assert insurance.question.endswith("?")
