"""Entry point of the command: runs it and turns what a user can mend into one line and exit code 2."""

import shlex
import sys
from collections.abc import Sequence

from causalkit._optional import require
from causalkit.cli._errors import BadInput
from causalkit.exceptions import MissingPackageError

_PURPOSE = "the causalkit command"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ``causalkit`` command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What would stand behind ``causalkit`` on a command line; ``sys.argv[1:]`` without it.

    Returns
    -------
    int
        Exit code: 0, or 2 for input that cannot be used, with one line about it on the standard error.

    Examples
    --------
    >>> from causalkit.cli import main
    >>> main(["--version"])
    causalkit ...
    0
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(arguments)
    except (BadInput, MissingPackageError) as error:
        message = str(error)
    except Exception as error:
        # The exceptions of typer's parser are private to it, but all of them can say what is wrong.
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message()
    if message:  # without arguments the help was shown, and there is nothing to add
        print(f"causalkit: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _run(arguments: list[str]) -> int:
    typer = require("typer", extra="cli", purpose=_PURPOSE)
    for module in ("rich", "jinja2"):
        require(module, extra="cli", purpose=_PURPOSE)
    from causalkit.cli._command import app

    command = typer.main.get_command(app)
    line = shlex.join(["causalkit", *arguments])
    return command.main(args=arguments, prog_name="causalkit", standalone_mode=False, obj=line) or 0
