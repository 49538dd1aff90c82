"""Optional packages: one message and one install hint when a package is missing."""

from importlib import import_module
from types import ModuleType

from causalkit.exceptions import MissingPackageError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import ``module``, or say which extra of the distribution provides it.

    Parameters
    ----------
    module : str
        Dotted name of the module to import.
    extra : str
        Name of the extra of ``causalkit-learn`` that installs it.
    purpose : str
        What needs it; the subject of the message, such as ``"plotting"``.

    Returns
    -------
    module

    Raises
    ------
    MissingPackageError
        If the package that holds ``module`` is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.split(".")[0]
        # A package that is there but broken must show its own error, not an install hint.
        if error.name is None or error.name.split(".")[0] != package:
            raise
        raise MissingPackageError(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"pip install 'causalkit-learn[{extra}]'",
            name=package,
        ) from error
