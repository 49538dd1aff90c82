"""Predictor of a stable subset and its risk under the worst change of the mutable mechanisms."""
