"""The command ``causalkit effects``: what a treatment does, on average and for each unit of a network."""

from causalkit.cli._effects._command import effects

__all__ = ["effects"]
