"""Effects in exchangeable data: a new row under an intervention, given others of its environment."""
