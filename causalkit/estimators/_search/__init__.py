"""Searches for graphs and orders, which see scores and p-values but no data."""
