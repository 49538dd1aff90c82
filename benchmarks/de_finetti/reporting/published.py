"""Numbers as they stand in arXiv 2203.15756, read from its figures 3 and 4, by number of environments."""

# Two continuous variables, two rows: accuracy over the three answers.
FIGURE_3 = {100: 0.70, 200: 0.82, 300: 0.87, 400: 0.90, 500: 0.91}
# Three binary variables, two rows: normalised structural Hamming distance, and share of exact graphs.
FIGURE_4_DISTANCE = {2000: 0.314, 4000: 0.211, 6000: 0.183, 8000: 0.191, 10000: 0.091}
FIGURE_4_EXACT = {2000: 0.42, 4000: 0.57, 6000: 0.71, 8000: 0.74, 10000: 0.87}
