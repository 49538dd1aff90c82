"""What several solvers share: features, nuisance models, the causal forest, and the run itself."""
