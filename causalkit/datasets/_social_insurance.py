"""Information sessions on weather insurance: a randomised experiment in villages of China."""

from sklearn.utils import Bunch

from causalkit.datasets._causaldata import grouped_bunch, load_table

_FEATURES = (
    "age",
    "agpop",
    "ricearea_2010",
    "disaster_prob",
    "male",
    "default",
    "risk_averse",
    "literacy",
    "pre_takeup_rate",
)

_DESCRIPTION = """\
Insurance sessions: an intensive session about weather insurance, rural China 2010
-----------------------------------------------------------------------------------
Who       1,410 rice-growing households that were invited to the second round of sessions and told there
          how many had bought in the first.
treatment intensive: 1 if the household was assigned to an intensive session, 0 to a simple one (at random).
outcome   takeup_survey: 1 if the household bought the insurance.
X         age: years of the head of household. agpop: people in the household. ricearea_2010: area of rice.
          disaster_prob: chance of a disaster next year as the household sees it, per cent. male, literacy:
          1 for yes. risk_averse: from 0 to 1. default: 1 if the session's form buys unless one declines
          (drawn for the whole natural village). pre_takeup_rate: share of buyers among the natural
          village's households of the first round, which was over before these sessions.
groups    natural villages (address), 166 of them in 44 administrative villages (column village of data).
graph     households of the same natural village are linked.
missing   age: 4 rows; agpop: 6; ricearea_2010: 9; male: 3; literacy: 21. 1,378 rows are complete. No row is
          dropped here.

Source: Jing Cai, Alain de Janvry and Elisabeth Sadoulet (2015). Social Networks and the Decision to Insure.
American Economic Journal: Applied Economics 7 (2), 81-108. The table is the one that the Python package
causaldata carries (MIT licence of the package; "Cai, J., De Janvry, A. and Sadoulet, E., 2015" as the owner
of the data).
"""


def load_social_insurance() -> Bunch:
    """Load the experiment of Cai, de Janvry & Sadoulet (2015): do intensive sessions sell insurance?

    Returns
    -------
    data : sklearn.utils.Bunch
        X : DataFrame, shape (1410, 9)
            Nine columns known before the session; ``DESCR`` has their units.
        y : Series, shape (1410,)
            1 if the household bought the insurance.
        treatment : Series, shape (1410,)
            1 for an intensive session, 0 for a simple one.
        graph : Network
            Households of the same natural village are linked.
        groups : Series, shape (1410,)
            Natural village.
        data : DataFrame, shape (1410, 13)
            The table as it comes; ``village`` is the administrative village.
        feature_names : list of str
        question, DESCR : str

    Raises
    ------
    MissingPackageError
        If the package ``causaldata`` is not installed (extra ``data``).

    References
    ----------
    Cai, J., de Janvry, A. & Sadoulet, E. (2015). Social Networks and the Decision to Insure. American
    Economic Journal: Applied Economics 7 (2), 81-108.

    Examples
    --------
    >>> from causalkit.datasets import load_social_insurance
    >>> insurance = load_social_insurance()
    >>> insurance.X.shape, insurance.groups.nunique()
    ((1410, 9), 166)
    """
    return grouped_bunch(
        load_table("social_insure"),
        outcome="takeup_survey",
        treatment="intensive",
        groups="address",
        features=_FEATURES,
        question="Does an intensive information session make a household buy insurance, and whom most?",
        description=_DESCRIPTION,
    )
