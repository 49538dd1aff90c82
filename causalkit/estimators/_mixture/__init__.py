"""De Finetti mixtures of conditional tables as local scores of categorical variables."""
