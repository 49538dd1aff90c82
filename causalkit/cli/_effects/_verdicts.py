"""The answers in sentences: what is claimed, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from causalkit.cli._words import capitalised, probability

if TYPE_CHECKING:
    from causalkit.cli._effects._analysis import Answers


_CLOSE = " That is close to the limit of 0.05: see whether it holds with other seeds (--seed)."
_NAMES = {
    "log_degree": "the number of links",
    "isolated": "whether there are links",
    "(all columns)": "many columns together",
}


def average_sentence(answers: Answers) -> str:
    """Say what the treatment does on average."""
    words, estimate = answers.study.words, answers.average.estimate
    low, high = answers.average.conf_int()
    if low <= 0 <= high:
        return (
            f"On average, an effect of {words.treatment} on {words.outcome} cannot be told from chance: "
            f"{words.amount(estimate)} (95 % interval {words.interval((low, high))})."
        )
    verb, ends = ("raises", (low, high)) if estimate > 0 else ("lowers", (-high, -low))
    return capitalised(
        f"{words.treatment} {verb} {words.outcome} by {words.amount(abs(estimate))} on average "
        f"(95 % interval {words.interval(ends)})."
    )


def heterogeneity_sentence(answers: Answers) -> str:
    """Say whether the effect varies, and claim nothing where the test finds nothing."""
    p, units = probability(answers.heterogeneity.pvalue), answers.study.words.units
    if not answers.finds_heterogeneity:
        return (
            "No claim is made about who benefits more: there is no clear sign that the effect varies between "
            f"{units} ({p})."
        )
    if not answers.varies:
        return (
            "No claim is made about who benefits more: the test hints that the effect varies between "
            f"{units} ({p}), but no model of it predicts {units} that it has not seen clearly better than "
            "one effect for all."
        )
    relevance = answers.learner.feature_relevance_.sort_values(ascending=False)
    name = str(relevance.index[0])
    leading = f"; it depends most on {_NAMES.get(name, name)}" if relevance.any() else ""
    close = "" if answers.heterogeneity.pvalue < answers.level / 5 else _CLOSE
    return f"The effect varies between {units} ({p}){leading}.{close}"


def heterogeneity_detail(answers: Answers) -> str:
    """Say what the test looked at and what it saw."""
    test, units = answers.heterogeneity, answers.study.words.units
    looked = (
        f"The test asks whether the effect follows any column, one's own or that of linked {units}, all at "
        f"once ({probability(test.pvalue)}); what comes closest is {test.leading}. It compares with the same "
        f"data after the signs of whole groups of {units} ({test.n_groups:,} groups) are flipped at random."
    )
    if not answers.varies:
        return (
            f"{looked} Models of a varying effect were tried; none predicts {units} that it has not seen "
            "clearly better than one effect for all, and that is the estimate written for each row."
        )
    return (
        f"{looked} On {units} not seen, a varying effect lowers the squared error of the outcome by "
        f"{test.gain:.2g} (standard error {test.gain_standard_error:.2g})."
    )


def ranking_sentence(answers: Answers) -> str:
    """Say whether treating in order of the estimates gains anything over treating at random."""
    gain, words = answers.ranking, answers.study.words
    if gain is None:
        return "All estimates are the same, so there is no order to treat in."
    amount = f"{words.amount(gain.estimate)} ({probability(gain.pvalue)})"
    if gain.pvalue >= answers.level or gain.estimate <= 0:
        return (
            f"Treating those with the highest estimates first does not clearly gain over treating at random: "
            f"area under the targeting curve {amount}. Do not rank {words.units} by their estimates."
        )
    return (
        "Treating those with the highest estimates first gains over treating at random: area under the "
        f"targeting curve {amount}."
    )


def graph_sentence(answers: Answers) -> str:
    """Say whether the effect depends on the network."""
    test = answers.graph_test
    if test is None:
        return "No links were given, so nothing is said about the network."
    p, features = probability(test.pvalue), f"the features of linked {answers.study.words.units}"
    if test.pvalue >= answers.level:
        return f"There is no clear sign that the effect depends on {features} ({p})."
    if not answers.claims:
        return (
            f"By itself this test points to {features} ({p}); as nothing is claimed about who benefits more, "
            "it is a hint and no finding."
        )
    return f"The effect depends on {features} ({p})."


def overlap_sentence(answers: Answers) -> str:
    """Say whether both treatments were possible for everybody."""
    report = answers.overlap
    verdict = "Poor: trust the overlap-weighted effect more" if report.is_poor else "Good"
    ends = f"{report.smallest:.2f}", f"{report.largest:.2f}"
    chance = f"is {ends[0]} for all" if ends[0] == ends[1] else f"runs from {ends[0]} to {ends[1]}"
    return (
        f"{verdict}. The chance of treatment {chance}, with {100 * report.share_outside:.1f} % of "
        f"{answers.study.words.units} outside 0.05 to 0.95. Weighted for it, the {report.n_treated:,} "
        f"treated count as {report.effective_treated:,.0f} and the {report.n_control:,} others as "
        f"{report.effective_control:,.0f}."
    )


_MEANING = {
    "placebo treatment": "with the treatment permuted the effect must be zero",
    "random cause": "with a random column more the effect must stay",
}


def refutation_sentences(answers: Answers) -> list[str]:
    """Say what repeated fits gave on data where the answer is known."""
    number = answers.study.words.number
    return [
        f"{capitalised(test.kind)}: {'passed' if test.passed else 'FAILED'} ({_MEANING[test.kind]}: expected "
        f"{number(test.expected)}, got {number(test.mean)} in {_times(len(test.estimates))}, "
        f"{probability(test.pvalue)})."
        for test in answers.refutations
    ]


def _times(count: int) -> str:
    return "one fit" if count == 1 else f"the mean of {count} fits"


def missing_sentence(answers: Answers) -> str:
    """Say how many rows enter the averages."""
    units, left_out = answers.study.words.units, answers.n_units - answers.n_observed
    if not len(answers.study.missing):
        return f"No value is missing; all {answers.n_units:,} {units} enter the averages."
    if not left_out:
        return f"All {answers.n_units:,} {units} enter the averages; no row is dropped for a missing value."
    return (
        f"{answers.n_observed:,} of {answers.n_units:,} {units} enter the averages; outcome or treatment of "
        f"the other {left_out:,} is not known. They stay in the network, and no row is dropped."
    )


def assumptions(answers: Answers) -> list[str]:
    """What must hold for the answers to mean what they say."""
    effects = (answers.average, answers.effects["overlap-weighted effect"])
    found = list(dict.fromkeys(each for effect in effects for each in effect.assumptions))
    if answers.n_observed < answers.n_units:
        found.append("whether outcome and treatment are known has nothing to do with the size of the effect")
    design = [answers.study.design] if answers.study.design else []
    return design + [f"{capitalised(each)}." for each in found]


def limits(answers: Answers) -> list[str]:
    """What the data cannot tell."""
    units = answers.study.words.units
    found = [
        f"Whether the effect is the same elsewhere, later, or for {units} unlike these.",
        f"What one's treatment does to linked {units}: only the effect on oneself is estimated.",
    ]
    if not answers.study.design:
        found.append(
            "Whether something that is not among the features drives both treatment and outcome: no test "
            "finds that."
        )
    if answers.claims:
        return [
            *found,
            f"The effect of one single unit with certainty: intervals hold on average over {units}.",
        ]
    return [
        *found,
        "That the effect is the same for all: a variation too small for these data can be there. No "
        "ranking should "
        "be read into the estimates of single rows in effects.csv.",
    ]
