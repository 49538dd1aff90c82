"""The command ``causalkit discover``: what causes what, from a few rows in each of many environments."""

from causalkit.cli._discover._command import discover

__all__ = ["discover"]
