"""How numbers and lists are written in sentences."""

from collections.abc import Iterable


def probability(value: float) -> str:
    """Return a p-value as one writes it."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"


def capitalised(sentence: str) -> str:
    """Return a sentence with a capital first letter and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def listed(words: Iterable[str]) -> str:
    """Return "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def counted(number: int, one: str, many: str) -> str:
    """Return "no pair", "one pair" or "3 pairs"."""
    if number == 1:
        return f"one {one}"
    return f"{number:,} {many}" if number else f"no {one}"
