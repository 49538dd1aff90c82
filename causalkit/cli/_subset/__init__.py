"""The command ``causalkit subset``: which predictors to keep where some mechanisms differ elsewhere."""

from causalkit.cli._subset._command import subset

__all__ = ["subset"]
