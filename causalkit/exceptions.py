"""Warnings and errors that callers may want to catch by name."""

__all__ = ["MissingPackageError", "NotIdentifiedWarning", "NotOrientableWarning", "OverlapWarning"]


class OverlapWarning(UserWarning):
    """Some rows have almost no chance of one of the treatments, so their effect rests on extrapolation."""


class NotOrientableWarning(UserWarning):
    """The data cannot tell which of two variables is the cause, so an arrow is left undirected."""


class NotIdentifiedWarning(UserWarning):
    """The environments do not tell which mechanisms change, so that a cautious answer is given instead."""


class MissingPackageError(ImportError):
    """An optional package is needed for this call; the message says how to install it."""
