"""What data sets, solvers and objective share: problems, answers and their scores, worlds, competitors."""
