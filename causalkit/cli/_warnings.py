"""The kit's own warnings, kept for the reader of the answers."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected(cautions: list[str], *, told_elsewhere: type[UserWarning]) -> Iterator[None]:
    """Put the kit's own warnings into ``cautions``, once each; let those of others through.

    Warnings of the kind ``told_elsewhere`` are dropped: the answers have a place of their own for them.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for warning in caught:
        if warning.category is UserWarning:
            cautions.append(str(warning.message))
        elif warning.category is not told_elsewhere:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    cautions[:] = dict.fromkeys(cautions)
