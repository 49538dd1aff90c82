"""Mixed models as local scores: numbers and levels with parts of their own in each environment."""
