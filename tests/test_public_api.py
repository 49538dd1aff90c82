"""What a user can import: every public name exists, is documented and typed, and costs little to reach."""

import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import causalkit

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = sorted(path.parent.name for path in ROOT.glob("causalkit/*/__init__.py"))
MODULES = sorted(path.stem for path in ROOT.glob("causalkit/[!_]*.py"))
SLOW_PACKAGES = ["torch", "torch_geometric", "econml", "statsmodels", "matplotlib", "lightgbm"]


def public_objects() -> dict[str, Any]:
    found = {}
    for place in [*FOLDERS, *MODULES]:
        module = importlib.import_module(f"causalkit.{place}")
        for name in getattr(module, "__all__", []):
            found[f"{place}.{name}"] = getattr(module, name, None)
    return found


def is_exception(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, BaseException)


OBJECTS = public_objects()
CALLABLES = {name: thing for name, thing in OBJECTS.items() if callable(thing) and not is_exception(thing)}


def own_members(cls: type) -> dict[str, Any]:
    """Public methods and properties that causalkit defines for a class, inherited ones included."""
    found: dict[str, Any] = {}
    for ancestor in inspect.getmro(cls):
        if ancestor.__module__.split(".")[0] != "causalkit":
            continue
        for name, member in vars(ancestor).items():
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if not name.startswith("_") and inspect.isfunction(function):
                found.setdefault(name, function)
    return found


def functions_of(name: str, thing: Any) -> dict[str, Callable[..., Any]]:
    """What a user calls: a function itself, or a class's constructor, methods and properties."""
    if not isinstance(thing, type):
        return {name: thing}
    functions = {f"{name}.{member}": function for member, function in own_members(thing).items()}
    if "__init__" in vars(thing) and inspect.isfunction(thing.__init__):
        functions[f"{name}.__init__"] = thing.__init__
    return functions


def untyped(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments (and "return") that have no type hint."""
    signature = inspect.signature(function)
    missing = [
        argument.name
        for argument in signature.parameters.values()
        if argument.annotation is inspect.Parameter.empty and argument.name not in {"self", "cls"}
    ]
    if signature.return_annotation is inspect.Signature.empty:
        missing.append("return")
    return missing


def has_section(docstring: str, *titles: str) -> bool:
    return any(
        re.search(rf"^\s*{title}\n\s*-{{{len(title)},}}\s*$", docstring, re.MULTILINE) for title in titles
    )


def takes_arguments(thing: Callable[..., Any]) -> bool:
    return bool(inspect.signature(thing).parameters)


def loaded_after(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after running some code."""
    report = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    command = [sys.executable, "-c", f"{code}\n{report}"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(run.stdout))


class TestNames:
    """What is exported exists and is documented and typed."""

    def test_there_is_something_to_check(self) -> None:
        assert {"graphs", "nuisance", "inference", "datasets"} <= set(FOLDERS)
        assert "graphs.Network" in OBJECTS

    @pytest.mark.parametrize("place", FOLDERS)
    def test_folders_export_names_without_repetition(self, place: str) -> None:
        names = importlib.import_module(f"causalkit.{place}").__all__
        assert names
        assert len(set(names)) == len(names)
        assert not [name for name in names if name.startswith("_")]

    @pytest.mark.parametrize("name", OBJECTS)
    def test_exported_name_exists(self, name: str) -> None:
        assert OBJECTS[name] is not None

    @pytest.mark.parametrize("name", OBJECTS)
    def test_exported_name_has_a_docstring(self, name: str) -> None:
        thing = OBJECTS[name]
        # A class without a docstring of its own would show that of its base.
        docstring = vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__
        assert (docstring or "").strip()

    @pytest.mark.parametrize("name", CALLABLES)
    def test_docstring_describes_the_arguments(self, name: str) -> None:
        thing = CALLABLES[name]
        titles = ("Parameters", "Attributes") if isinstance(thing, type) else ("Parameters",)
        assert not takes_arguments(thing) or has_section(inspect.getdoc(thing) or "", *titles)

    @pytest.mark.parametrize("name", CALLABLES)
    def test_docstring_has_an_example_that_runs(self, name: str) -> None:
        docstring = inspect.getdoc(CALLABLES[name]) or ""
        assert has_section(docstring, "Examples")
        assert ">>> " in docstring

    @pytest.mark.parametrize("name", CALLABLES)
    def test_methods_have_docstrings(self, name: str) -> None:
        functions = functions_of(name, CALLABLES[name])
        bare = [each for each, function in functions.items() if not (function.__doc__ or "").strip()]
        assert [each for each in bare if not each.endswith("__init__")] == []

    @pytest.mark.parametrize("name", CALLABLES)
    def test_arguments_and_answers_have_type_hints(self, name: str) -> None:
        functions = functions_of(name, CALLABLES[name])
        gaps = {each: untyped(function) for each, function in functions.items()}
        assert {each: missing for each, missing in gaps.items() if missing} == {}


class TestHelpers:
    """The checks above can fail."""

    def test_untyped(self) -> None:
        def bad(self, x, y: int, *rest):
            return x

        def good(self: object, x: int) -> int:
            return x

        assert untyped(bad) == ["x", "rest", "return"]
        assert untyped(good) == []

    def test_has_section(self) -> None:
        docstring = "Add.\n\n    Parameters\n    ----------\n    x : int\n"
        assert has_section(docstring, "Parameters")
        assert not has_section(docstring, "Examples")
        assert not has_section("Parameters of the model\n", "Parameters")

    def test_loaded_after(self) -> None:
        assert "json" in loaded_after("")
        assert "tomllib" not in loaded_after("")
        assert "tomllib" in loaded_after("import tomllib")


class TestImport:
    """`import causalkit` is cheap, and what it does not load it still reaches."""

    def test_import_loads_no_other_package(self) -> None:
        extra = loaded_after("import causalkit") - loaded_after("")
        assert extra & {"numpy", "scipy", "sklearn", "pandas", "networkx", "joblib", *SLOW_PACKAGES} == set()

    def test_sub_packages_load_on_access_and_without_the_slow_packages(self) -> None:
        places = [*FOLDERS, "exceptions"]
        loaded = loaded_after(f"import causalkit\nfor place in {places}: getattr(causalkit, place).__all__")
        assert "numpy" in loaded
        assert loaded & set(SLOW_PACKAGES) == set()

    @pytest.mark.parametrize("place", [*FOLDERS, *MODULES])
    def test_sub_packages_are_listed(self, place: str) -> None:
        assert place in dir(causalkit)

    @pytest.mark.parametrize("place", [name for name in dir(causalkit) if not name.startswith("_")])
    def test_what_is_listed_exists(self, place: str) -> None:
        assert isinstance(getattr(causalkit, place), ModuleType)

    def test_unknown_names_are_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="has no attribute 'no_such_thing'"):
            causalkit.no_such_thing  # noqa: B018


class TestDistribution:
    """The names and versions that stand in several files agree."""

    @pytest.fixture
    def project(self) -> dict[str, Any]:
        return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def test_version_is_the_installed_one(self, project: dict[str, Any]) -> None:
        assert version(project["name"]) == causalkit.__version__

    def test_citation_has_the_version(self) -> None:
        citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
        assert re.search(r"^version: (.+)$", citation, re.MULTILINE).group(1) == causalkit.__version__

    def test_install_hint_names_the_distribution_and_a_real_extra(self, project: dict[str, Any]) -> None:
        sources = {path: path.read_text(encoding="utf-8") for path in ROOT.glob("causalkit/**/*.py")}
        assert f"{project['name']}[" in sources[ROOT / "causalkit/_optional.py"]
        used = {extra for text in sources.values() for extra in re.findall(r"extra=\"(\w+)\"", text)}
        assert used <= set(project["optional-dependencies"])

    def test_the_package_is_marked_as_typed(self) -> None:
        assert (ROOT / "causalkit/py.typed").is_file()
