"""What a user of the command did wrong, in one line."""


class BadInput(Exception):
    """An option or a file cannot be used; the command prints the message and exits with code 2."""
