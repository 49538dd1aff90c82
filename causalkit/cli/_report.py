"""The report: one page that stands alone, with pictures and style inside."""

import platform
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from causalkit import __version__
from causalkit._optional import require
from causalkit.cli._words import capitalised, probability


def write_report(template: str, contents: Mapping[str, Any], packages: Iterable[str], path: Path) -> None:
    """Fill a template of this folder, with the versions of some packages, into one HTML file.

    The file needs no other. What the frame of the page asks of ``contents``: ``study`` (with a question,
    notes and a source), ``answers`` (with cautions), ``answer`` and ``second`` (the sentences on top),
    ``assumptions``, ``limits``, ``figures`` and ``command_line``.
    """
    jinja2 = require("jinja2", extra="cli", purpose="the report of the causalkit command")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"base64": _base64, "probability": probability, "capitalised": capitalised}
    page = environment.get_template(template).render(**contents, versions=_versions(packages))
    path.write_text(_keep_together(page), encoding="utf-8")


def _source(template: str) -> str:
    return files("causalkit.cli").joinpath(template).read_text(encoding="utf-8")


def _keep_together(page: str) -> str:
    """Keep "p = 0.04" and "95 %" on one line."""
    page = re.sub(r"\bp ([=&][lt;]*) (?=\d)", "p\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", page)
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", page)


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _versions(packages: Iterable[str]) -> dict[str, str]:
    return {
        "causalkit": __version__,
        "Python": platform.python_version(),
        **{name: version(name) for name in packages},
    }
