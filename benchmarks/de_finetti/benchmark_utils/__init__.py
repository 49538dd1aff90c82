"""What data sets, solvers and objective share: worlds, answers, the run itself, and the paper's rule."""
