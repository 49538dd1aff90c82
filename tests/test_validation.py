import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning

from causalkit._validation import (
    check_binary_treatment,
    check_choice,
    check_columns,
    check_features,
    check_levels,
    check_outcome,
    check_same_length,
    check_sample_weight,
    check_scalar_argument,
    check_table,
    feature_names,
)


@pytest.fixture
def people():
    return pd.DataFrame({"age": [20.0, 30.0, 50.0], "married": [True, False, True]})


class TestFeatures:
    def test_mixed_numeric_columns(self, people):
        people["children"] = pd.array([1, 2, 0], dtype="Int64")
        estimator = BaseEstimator()
        values = check_features(estimator, people, reset=True)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, [[20, 1, 1], [30, 0, 2], [50, 1, 0]])
        assert feature_names(estimator) == ["age", "married", "children"]
        assert estimator.n_features_in_ == 3

    def test_names_without_names(self):
        estimator = BaseEstimator()
        check_features(estimator, np.zeros((2, 2)), reset=True)
        assert feature_names(estimator) == ["x0", "x1"]

    def test_object_column_of_numbers(self, people):
        people["age"] = people["age"].astype(object)
        assert check_features(BaseEstimator(), people, reset=True)[2, 0] == 50

    @pytest.mark.parametrize(
        "column", [["a", "b", "c"], pd.to_datetime(["2020-01-01"] * 3), pd.Categorical([1, 2, 1])]
    )
    def test_column_that_is_not_numeric(self, people, column):
        people["place"] = column
        with pytest.raises(
            ValueError, match=r"X must have numeric or boolean columns; column 'place' has dtype "
        ):
            check_features(BaseEstimator(), people, reset=True)

    def test_missing_values(self, people):
        people.loc[[1, 2], "age"] = np.nan
        message = r"X must not contain NaN or infinity; column 'age' has 2 missing values \(first at row 1\)"
        with pytest.raises(ValueError, match=message):
            check_features(BaseEstimator(), people, reset=True)
        assert np.isnan(check_features(BaseEstimator(), people, reset=True, allow_nan=True)).sum() == 2

    @pytest.mark.parametrize("value", [np.inf, -np.inf])
    def test_infinity_is_never_allowed(self, value):
        X = np.array([[0.0, 1.0], [np.nan, value]])
        with pytest.raises(
            ValueError, match=r"must not contain infinity; column 1 has 1 infinite value \(first at row 1\)"
        ):
            check_features(BaseEstimator(), X, reset=True, allow_nan=True)

    def test_both_infinities_do_not_cancel(self):
        with pytest.raises(ValueError, match="column 0 has 2 infinite values"):
            check_features(BaseEstimator(), [[np.inf], [-np.inf]], reset=True)

    def test_sum_that_overflows_is_fine(self):
        X = np.full((3, 1), 1e308)
        np.testing.assert_array_equal(check_features(BaseEstimator(), X, reset=True), X)

    def test_constant_columns_are_left_to_the_engines(self):
        assert check_features(BaseEstimator(), np.ones((3, 2)), reset=True).shape == (3, 2)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda X: X[["married", "age"]], "must be in the same order"),
            (lambda X: X.drop(columns="age"), "Feature names seen at fit time, yet now missing"),
            (lambda X: X.assign(income=1.0), "Feature names unseen at fit time"),
            (lambda X: X.to_numpy(float)[:, :1], "X has 1 features, but BaseEstimator is expecting 2"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:X does not have valid feature names")
    def test_columns_that_changed_since_fit(self, people, change, message):
        estimator = BaseEstimator()
        check_features(estimator, people, reset=True)
        with pytest.raises(ValueError, match=message):
            check_features(estimator, change(people), reset=False)

    @pytest.mark.parametrize(
        ("X", "error", "message"),
        [
            (np.empty((0, 2)), ValueError, r"Found array with 0 sample\(s\)"),
            (np.empty((3, 0)), ValueError, r"Found array with 0 feature\(s\)"),
            (np.zeros(3), ValueError, "Expected 2D array, got 1D array"),
            (np.zeros((2, 1), complex), ValueError, "Complex data not supported"),
            (sparse.csr_array((3, 2)), TypeError, "Sparse data was passed for X, but dense data is required"),
        ],
    )
    def test_other_bad_tables(self, X, error, message):
        with pytest.raises(error, match=message):
            check_features(BaseEstimator(), X, reset=True)

    def test_smallest_number_of_rows(self):
        with pytest.raises(ValueError, match=r"1 sample.* minimum of 2"):
            check_features(BaseEstimator(), np.zeros((1, 2)), reset=True, min_rows=2)


class TestOutcome:
    @pytest.mark.parametrize(
        "y",
        [
            [1, 2, 3],
            np.array([1, 2, 3], np.int8),
            pd.Series([1, 2, 3], index=[7, 7, 7]),
            pd.array([1, 2, 3], "Int64"),
        ],
    )
    def test_kinds(self, y):
        values = check_outcome(y, 3)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, [1.0, 2.0, 3.0])

    def test_column_vector_is_taken_with_a_warning(self):
        with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
            assert check_outcome(np.array([[1.0], [2.0]]), 2).shape == (2,)

    def test_missing_values_may_be_allowed(self):
        assert np.isnan(check_outcome(pd.array([1, None, 3], "Int64"), 3, allow_nan=True)[1])

    def test_constant_may_be_allowed(self):
        assert check_outcome([2, 2], 2, allow_constant=True).tolist() == [2, 2]

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (None, "requires take_up to be passed, but the target take_up is None"),
            ([1.0, 2.0], "take_up must have one value for each row of X; got 2 values and 3 rows"),
            (
                np.zeros((3, 2)),
                r"take_up should be a 1d array with one value for each row of X; got shape \(3, 2\)",
            ),
            (["a", "b", "c"], "take_up must be numeric; got "),
            ([1, "b", 2], "take_up must be numeric; got the value 'b'"),
            (pd.to_datetime(["2020-01-01"] * 3), "take_up must be numeric; got dtype datetime64"),
            ([1j, 2, 3], "take_up must be real numbers"),
            (
                [1, np.nan, 2],
                r"take_up must not contain NaN or infinity; got 1 missing value \(first at row 1\)",
            ),
            (
                [1, 2, np.inf],
                r"take_up must not contain NaN or infinity; got 1 infinite value \(first at row 2\)",
            ),
            ([4, 4, 4], "take_up must vary between rows; got 4 in every row"),
        ],
    )
    def test_bad(self, y, message):
        with pytest.raises(ValueError, match=message):
            check_outcome(y, 3, name="take_up")

    def test_all_missing(self):
        with pytest.raises(ValueError, match="y must have an observed value; got 2 missing values"):
            check_outcome([np.nan, np.nan], 2, allow_nan=True)


class TestBinaryTreatment:
    @pytest.mark.parametrize(
        ("treatment", "values", "levels"),
        [
            ([True, False, True], [1, 0, 1], (False, True)),
            ([0, 1, 1], [0, 1, 1], (0, 1)),
            ([0.0, 1.0, 0.0], [0, 1, 0], (0.0, 1.0)),
            (["new", "control", "new"], [1, 0, 1], ("control", "new")),
            (pd.Categorical(["z", "a", "z"], categories=["z", "a", "unused"]), [0, 1, 0], ("z", "a")),
            (pd.array([1, 0, 0], "Int64"), [1, 0, 0], (0, 1)),
            (pd.Series([True, False, False], index=[9, 9, 9], dtype="boolean"), [1, 0, 0], (False, True)),
        ],
    )
    def test_kinds(self, treatment, values, levels):
        got, got_levels = check_binary_treatment(treatment, 3)
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got, values)
        assert got_levels == levels

    def test_missing_values_may_be_allowed(self):
        values, levels = check_binary_treatment(["b", None, "a"], 3, allow_nan=True)
        np.testing.assert_array_equal(values, [1, np.nan, 0])
        assert levels == ("a", "b")

    @pytest.mark.parametrize(
        ("treatment", "message"),
        [
            (None, "treatment must be given for Learner, one value for each row of X; got None"),
            ([0, 1], "treatment must have one value for each row of X; got 2 values and 12 rows"),
            (np.zeros((12, 2)), r"treatment should be a 1d array .*got shape \(12, 2\)"),
            ([1] * 12, r"treatment must be binary for Learner; got 1 level: \[1\]"),
            (list("abcabcabcabc"), r"got 3 levels: \['a', 'b', 'c'\]"),
            (list("abcdefabcdef"), r"got 6 levels: \['a', 'b', 'c', 'd', 'e', ...\]"),
            (np.linspace(0, 1, 12), "got a continuous treatment with 12 distinct values"),
            (
                [1, 2] * 6,
                r"must be coded 0 \(not treated\) and 1 \(treated\) for Learner; got the numbers \[1, 2\]",
            ),
            (
                [0, np.nan] + [1] * 10,
                r"treatment must not be missing; got 1 missing value \(first at row 1\)",
            ),
        ],
    )
    def test_bad(self, treatment, message):
        with pytest.raises(ValueError, match=message):
            check_binary_treatment(treatment, 12, owner="Learner")


class TestSampleWeight:
    def test_values(self):
        assert check_sample_weight(None, 3) is None
        np.testing.assert_array_equal(check_sample_weight([1, 0, 2], 3), [1.0, 0.0, 2.0])

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1, -1, 1], "sample_weight must not be negative; got -1 at row 1"),
            ([0, 0, 0], "sample_weight must have a positive value"),
            ([1, np.nan, 1], "sample_weight must not contain NaN or infinity"),
            ([1, 1], "sample_weight must have one value for each row of X; got 2 values and 3 rows"),
        ],
    )
    def test_bad(self, weights, message):
        with pytest.raises(ValueError, match=message):
            check_sample_weight(weights, 3)


class TestColumns:
    @pytest.mark.parametrize(
        "values",
        [
            [1, 2, 3],
            (1, 2, 3),
            pd.Series([1, 2, 3], index=[7, 7, 9]),
            pd.array([1, 2, 3], "Int64"),
            [[1], [2], [3]],
        ],
        ids=["list", "tuple", "series", "extension", "nested"],
    )
    def test_one_column(self, values):
        found = check_columns(values, name="x")
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, [[1], [2], [3]])

    def test_table(self, people):
        np.testing.assert_array_equal(check_columns(people, name="x"), [[20, 1], [30, 0], [50, 1]])
        np.testing.assert_array_equal(check_columns(people.to_numpy(), name="x"), [[20, 1], [30, 0], [50, 1]])

    def test_constant_may_be_allowed(self):
        assert check_columns([2, 2], name="x", allow_constant=True).tolist() == [[2], [2]]

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            (None, r"x must have shape \(n,\) or \(n, d\) with at least one row and column; got None"),
            ("abc", r"x must have shape .*; got 'abc'"),
            (3.0, r"x must have shape .*; got shape \(\)"),
            ([], r"x must have shape .*; got shape \(0,\)"),
            (np.zeros((3, 0)), r"x must have shape .*; got shape \(3, 0\)"),
            (np.zeros((3, 2, 1)), r"x must have shape .*; got shape \(3, 2, 1\)"),
            ([5, 5, 5], "x must vary between rows; got 5 in all 3 rows"),
            ([[1, 5], [2, 5]], r"x \(column 1\) must vary between rows; got 5 in all 2 rows"),
            (
                [1, np.nan, np.nan],
                r"x must not contain NaN or infinity; got 2 missing values \(first at row 1\)",
            ),
            (pd.array([1, None], "Int64"), "x must not contain NaN or infinity; got 1 missing value"),
            ([1, -np.inf], r"x must not contain NaN or infinity; got 1 infinite value \(first at row 1\)"),
            (["a", "b"], "x must be numeric; got "),
            (np.array([1, "b"], dtype=object), "x must be numeric; got the value 'b'"),
            (pd.Categorical([1, 2]), "x must be numeric; got dtype category"),
            (np.array([1j, 2]), "x must be real numbers; Complex data not supported"),
        ],
    )
    def test_bad(self, values, message):
        with pytest.raises(ValueError, match=message):
            check_columns(values, name="x")

    def test_bad_column_of_a_frame_is_named(self, people):
        people.loc[1, "age"] = np.nan
        with pytest.raises(ValueError, match=r"x \(column 'age'\) must not contain NaN"):
            check_columns(people, name="x")


class TestLevels:
    @pytest.mark.parametrize(
        ("values", "codes"),
        [
            ([3, 1, 3], [1, 0, 1]),
            (["b", "a", "c"], [1, 0, 2]),
            ([True, False, False], [1, 0, 0]),
            (pd.Categorical(["lo", "hi", "lo"], categories=["none", "lo", "hi"]), [0, 1, 0]),
            (pd.Series(["b", "a", "b"], index=[9, 9, 9]), [1, 0, 1]),
            ([0.5, 0.5, 0.5], [0, 0, 0]),
        ],
        ids=["numbers", "texts", "booleans", "categorical", "series", "constant"],
    )
    def test_one_column(self, values, codes):
        found, n_levels = check_levels(values, name="x")
        assert found.tolist() == codes
        assert n_levels == max(codes) + 1

    def test_joint_levels(self):
        frame = pd.DataFrame({"site": ["n", "s", "n", "s"], "year": [2, 1, 2, 2]})
        codes, n_levels = check_levels(frame, name="given")
        assert codes.tolist() == [0, 1, 0, 2]
        assert n_levels == 3

    def test_many_columns_do_not_overflow(self):
        table = np.random.default_rng(0).integers(100, size=(50, 40))
        codes, n_levels = check_levels(np.vstack([table, table]), name="given")
        assert n_levels == 50
        np.testing.assert_array_equal(codes[:50], codes[50:])

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            (None, r"x must have shape .*; got None"),
            ([], r"x must have shape .*; got shape \(0,\)"),
            (["a", None, "b"], r"x must not be missing; got 1 missing value \(first at row 1\)"),
            ([1.0, np.nan, np.nan], r"x must not be missing; got 2 missing values \(first at row 1\)"),
            (pd.Categorical(["a", None]), r"x must not be missing; got 1 missing value \(first at row 1\)"),
            (
                pd.DataFrame({"a": [1, 2], "b": ["u", None]}),
                r"x \(column 'b'\) must not be missing; got 1 missing value",
            ),
        ],
    )
    def test_bad(self, values, message):
        with pytest.raises(ValueError, match=message):
            check_levels(values, name="x")


def test_same_length():
    assert check_same_length(x=[1, 2], y=None, z=np.zeros(2)) == 2
    with pytest.raises(ValueError, match="z must have one entry for each row of x; got 3 and 2"):
        check_same_length(x=[1, 2], y=None, z=np.zeros(3))


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        (3, {"integer": True, "low": 3}),
        (np.int64(4), {"integer": True}),
        (0.5, {"low": 0, "high": 1, "inclusive": False}),
    ],
)
def test_scalar_arguments_in_range(value, rules):
    assert check_scalar_argument(value, "alpha", **rules) == value


@pytest.mark.parametrize(
    ("value", "rules", "message"),
    [
        (2, {"integer": True, "low": 3}, "alpha must be an integer at least 3; got 2"),
        (2.5, {"integer": True}, "alpha must be an integer; got 2.5"),
        (True, {"integer": True}, "alpha must be an integer; got True"),
        (
            1,
            {"low": 0, "high": 1, "inclusive": False},
            "alpha must be a number greater than 0 and less than 1; got 1",
        ),
        (1.5, {"high": 1}, "alpha must be a number at most 1; got 1.5"),
        (float("nan"), {}, "alpha must be a number; got nan"),
        ("0.1", {}, "alpha must be a number; got '0.1'"),
        (None, {}, "alpha must be a number; got None"),
    ],
)
def test_scalar_arguments_out_of_range(value, rules, message):
    with pytest.raises(ValueError, match=message):
        check_scalar_argument(value, "alpha", **rules)


def test_choice():
    assert check_choice("b", "kind", ("a", "b")) == "b"
    with pytest.raises(ValueError, match="kind must be one of 'a', None; got 1"):
        check_choice(1, "kind", ("a", None))


class TestTable:
    def test_columns_of_any_kind_are_kept(self, people):
        people["place"] = ["north", "south", "north"]
        estimator = BaseEstimator()
        table = check_table(estimator, people.set_axis([7, 8, 9]), reset=True)
        assert list(table.columns) == ["age", "married", "place"]
        assert list(table.index) == [0, 1, 2]
        assert estimator.n_features_in_ == 3

    def test_arrays_get_names(self):
        estimator = BaseEstimator()
        assert list(check_table(estimator, np.ones((2, 2)), reset=True).columns) == ["x0", "x1"]
        mixed = np.array([[1, "a"], [2, "b"]], dtype=object)
        assert check_table(estimator, mixed, reset=True)["x0"].tolist() == [1, 2]

    @pytest.mark.parametrize(
        ("X", "error", "message"),
        [
            (np.ones(3), ValueError, r"X must have shape \(n, d\) .* got shape \(3,\)"),
            (np.ones((0, 2)), ValueError, r"got shape \(0, 2\)"),
            (sparse.eye_array(3), TypeError, "got a sparse matrix"),
            (
                pd.DataFrame({"a": [1.0, np.inf], "b": [1, 2]}),
                ValueError,
                r"X must not contain infinite values; column 'a' has 1 \(first at row 1\)",
            ),
            (
                pd.DataFrame({"a": [1.0, 2.0], "b": [None, "x"]}),
                ValueError,
                r"X must not contain missing values; column 'b' has 1 \(first at row 0\)",
            ),
            (
                pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]),
                ValueError,
                "X must have columns of different names; got 'a' twice",
            ),
        ],
        ids=["one-dimensional", "no rows", "sparse", "infinite", "missing", "twice"],
    )
    def test_what_cannot_be_used(self, X, error, message):
        with pytest.raises(error, match=message):
            check_table(BaseEstimator(), X, reset=True)
