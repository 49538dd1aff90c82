"""Readable names of solvers, and the few that sections ask for."""

from __future__ import annotations

OURS = "GraphRLearner"
CONSTANT = "constant"
PEERS = (
    "CausalForestDML, hop features, default LightGBM",
    "CausalForestDML, hop features, tuned LightGBM",
)
TIMED_PEER = PEERS[1]
LINEAR_PEER = "LinearDML, hop features"

PAPER_R, PAPER_T, STAGES = "paper R-learner", "paper T-learner", "two stages"
REPAIRS = {
    "none": "as released",
    "intercept": "intercept",
    "convergence": "convergence",
    "both": "both repairs",
}

_FEATURES = {"own": "own columns", "hops": "hop features"}
_WORDS = {
    "features": _FEATURES,
    "intercept": {"True": "effect has an intercept", "False": "no intercept"},
    "nuisance": {"mlp": "MLP nuisances", "gcn": "GCN nuisances"},
    "repairs": REPAIRS,
    "clusters": {"True": "clusters", "False": "no clusters"},
    "exposure": {"mean": "direct and peer effect", "None": "direct effect only"},
    "networks": {
        "default": "",
        "stacked": "networks in every stack",
        "alone": "networks alone for the effect",
    },
}
_WORDS_OF = {
    ("CausalForestDML", "nuisances"): {"default": "default LightGBM", "tuned": "tuned LightGBM"},
    (STAGES, "nuisances"): {"own": "blind nuisances", "hops": "nuisances see the graph"},
    (STAGES, "final"): {"own": "blind final stage", "hops": "final stage sees the graph"},
    (PAPER_R, "final"): {"linear": "linear final stage", "gcn": "GCN final stage"},
}


_ORDER = ("features", "nuisances", "nuisance", "final", "intercept", "repairs")


def split_name(name: str) -> tuple[str, dict[str, str]]:
    """`CausalForestDML[features=hops,nuisances=tuned]` as a name and its parameters."""
    base, _, rest = name.partition("[")
    return base, dict(pair.split("=") for pair in rest.rstrip("]").split(",") if pair)


def solver_label(name: str) -> str:
    """A solver's name in words."""
    base, parameters = split_name(name)
    keys = sorted(parameters, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER))
    words = [_word(base, key, parameters[key]) for key in keys]
    return ", ".join([base, *filter(None, words)])


def _word(base: str, key: str, value: str) -> str:
    return _WORDS_OF.get((base, key), _WORDS.get(key, {})).get(value, value)


def paper_label(nuisance: str, final: str, repairs: str) -> str:
    """Label of one of the paper's R-learners."""
    return solver_label(f"{PAPER_R}[nuisance={nuisance},final={final},repairs={repairs}]")


def stages_label(nuisances: str, final: str) -> str:
    """Label of the two-stage learner with each stage blind ("own") or not ("hops")."""
    return solver_label(f"{STAGES}[nuisances={nuisances},final={final}]")
