"""Cash incentives to learn one's HIV status: a randomised experiment in villages of Malawi."""

from sklearn.utils import Bunch

from causalkit.datasets._causaldata import grouped_bunch, load_table

_FEATURES = ("age", "distvct", "hiv2004")

_DESCRIPTION = """\
Paid to learn: cash incentives to collect an HIV test result, Malawi 2004
--------------------------------------------------------------------------
Who       4,820 people; 2,901 of them drew a voucher and 2,894 have a test result of 2004.
treatment any: 1 if the voucher drawn at random was worth money, 0 if it was worth nothing.
outcome   got: 1 if the person went to a centre and learned the result of the test.
X         age: years. distvct: kilometres to the centre. hiv2004: the result waiting there, 1 positive,
          0 negative, -1 neither of the two (14 people), as recorded.
groups    villages (villnum). 27 people have no village on record: each is a group of its own, without links.
graph     people of the same village are linked.
missing   outcome and hiv2004: 1,926 rows; treatment: 1,919; age: 441. 2,830 rows have outcome, treatment,
          distance, result and village. No row is dropped here.
left out  the amount on the voucher (tinc): it is the treatment in finer units.

Source: Rebecca L. Thornton (2008). The Demand for, and Impact of, Learning HIV Status. American Economic
Review 98 (5), 1829-1863. The table is the one that the Python package causaldata carries (MIT licence of
the package; "Thornton (2008)" as the owner of the data).
"""


def load_hiv_incentives() -> Bunch:
    """Load the experiment of Thornton (2008): does money make people learn their HIV status?

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame, shape (4820, 3)
            ``age`` (years), ``distvct`` (kilometres to the centre), ``hiv2004`` (1, 0 or -1).
        y : Series, shape (4820,)
            1 if the result was collected, NaN where it is not known.
        treatment : Series, shape (4820,)
            1 for any incentive, 0 for none, NaN for people outside the lottery.
        graph : Network
            People of the same village are linked; those without a village on record are isolated.
        groups : Series, shape (4820,)
            Village as a text; a label of its own where the village is not on record.
        data : DataFrame, shape (4820, 7)
            The table as it comes.
        feature_names : list of str
        question, DESCR : str

    Raises
    ------
    MissingPackageError
        If the package ``causaldata`` is not installed (extra ``data``).

    References
    ----------
    Thornton, R. L. (2008). The Demand for, and Impact of, Learning HIV Status. American Economic Review
    98 (5), 1829-1863.

    Examples
    --------
    >>> from causalkit.datasets import load_hiv_incentives
    >>> hiv = load_hiv_incentives()
    >>> hiv.X.shape, int(hiv.treatment.notna().sum())
    ((4820, 3), 2901)
    """
    return grouped_bunch(
        load_table("thornton_hiv"),
        outcome="got",
        treatment="any",
        groups="villnum",
        features=_FEATURES,
        question="Does a cash incentive make people collect their HIV test result, and whom most?",
        description=_DESCRIPTION,
    )
