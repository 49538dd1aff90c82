"""What a causal graph from exchangeable rows is made of: data, search, evidence, verdicts, words."""
