"""The shape of the repository: which way imports go, where names are public, which tests stand where."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "causalkit"

# A part of the package is a folder or a public module at its root; other root modules are the part "base".
# Every part may import the ones named here, and itself.
_BELOW_ESTIMATORS = {"base", "graphs", "independence", "nuisance", "inference"}
_PUBLIC_PARTS = _BELOW_ESTIMATORS | {"datasets", "metrics", "estimators"}
MAY_IMPORT = {
    "base": set(),
    "graphs": {"base"},
    "independence": {"base", "graphs"},
    "nuisance": {"base", "graphs"},
    "inference": {"base", "graphs"},
    "datasets": {"base", "graphs"},
    "metrics": {"base", "graphs", "inference"},
    "estimators": _BELOW_ESTIMATORS,
    "testing": _PUBLIC_PARTS,
    "plotting": _PUBLIC_PARTS,
    "cli": _PUBLIC_PARTS | {"plotting"},
}
USE_PUBLIC_NAMES_ONLY = {"testing", "plotting", "cli"}
PUBLIC_ROOT_MODULES = {"__init__", "__main__", "exceptions", "testing", "cli"}

HEAVY = {"torch", "torch_geometric", "econml", "statsmodels", "matplotlib", "lightgbm"}
MAY_LOAD_TORCH = "nuisance/_modules.py"

# A path of somebody's own machine. `/usr`, `/dev` and the like are the same everywhere and may be named.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp|mnt)/[\w.-]+|\b[A-Z]:\\+Users\b")


@dataclass(frozen=True)
class Module:
    """One parsed module of the package."""

    path: Path
    package: Path

    @property
    def place(self) -> str:
        return self.path.relative_to(self.package).as_posix()

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(self.package).with_suffix("").parts

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @property
    def dotted(self) -> str:
        return ".".join([self.package.name, *(part for part in self.parts if part != "__init__")])


def modules(package: Path) -> list[Module]:
    return [Module(path, package) for path in sorted(package.rglob("*.py"))]


def part_of(package: Path, names: tuple[str, ...]) -> str:
    """The part that a module belongs to, from its names below the package."""
    if len(names) > 1 or (package / names[0]).is_dir():
        return names[0]
    return "base" if names[0].startswith("_") or names[0] == "exceptions" else names[0]


def imported(module: Module) -> Iterator[str]:
    """Dotted names that a module imports from the package, wherever in its code, relative ones resolved."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                base = [module.package.name, *module.parts[:-1]]
                base = base[: len(base) - node.level + 1]
                origin = ".".join([*base, *filter(None, [origin])])
            names = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == module.package.name)


def split_import(package: Path, dotted: str) -> tuple[tuple[str, ...], str | None]:
    """The module that an import reads, and the name that it takes from there (None for the module itself)."""
    names = tuple(dotted.split(".")[1:])
    for n_names in range(len(names), 0, -1):
        path = package.joinpath(*names[:n_names])
        if path.is_dir() or path.with_suffix(".py").is_file():
            return names[:n_names], names[n_names] if n_names < len(names) else None
    return (), names[0] if names else None


def wrong_imports(package: Path) -> list[str]:
    """Imports that go up, sideways, around a defining module, or to what another part keeps private."""
    found = []
    for module in modules(package):
        if module.place == "__init__.py":
            continue
        own = part_of(package, module.parts)
        if own not in MAY_IMPORT:
            found.append(f"{module.place}: {own!r} has no place in MAY_IMPORT")
            continue
        for dotted in imported(module):
            complaint = _complaint(package, own, dotted)
            if complaint:
                found.append(f"{module.place}: {dotted} {complaint}")
    return found


def _complaint(package: Path, own: str, dotted: str) -> str | None:
    read, name = split_import(package, dotted)
    if not read:
        return None if own in USE_PUBLIC_NAMES_ONLY else "is read from the package's root"
    other = part_of(package, read)
    if other not in MAY_IMPORT[own] | {own}:
        return f"is not below {own!r}"
    if other == "base":
        return None
    if own in USE_PUBLIC_NAMES_ONLY and other != own:
        private = [part for part in (*read, name or "") if part.startswith("_")]
        return "is private" if private else None
    is_folder = package.joinpath(*read).is_dir()
    return "is not the defining module" if is_folder else None


def heavy_imports(package: Path) -> list[str]:
    """Imports of slow packages that run when a module is imported."""
    found = []
    for module in modules(package):
        allowed = {"torch", "torch_geometric"} if module.place == MAY_LOAD_TORCH else set()
        for name in _imported_at_once(module.tree.body):
            if name.split(".")[0] in HEAVY - allowed:
                found.append(f"{module.place}: {name}")
    return found


def _imported_at_once(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _imported_at_once(node.orelse)
        else:
            blocks = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
            handlers = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.ExceptHandler)]
            yield from _imported_at_once(
                blocks + [statement for handler in handlers for statement in handler.body]
            )


def unnamed_contents(package: Path) -> list[str]:
    """Modules that do not open with a line on what they hold."""
    return [
        module.place
        for module in modules(package)
        if not (ast.get_docstring(module.tree, clean=False) or "").strip()
    ]


def misplaced_names(package: Path) -> list[str]:
    """Modules whose name is public but should not be, and folders that do not say what they export."""
    folders = {module.path.parent for module in modules(package)}
    lacking = sorted(
        folder.relative_to(package) for folder in folders if not (folder / "__init__.py").is_file()
    )
    found = [f"{folder.as_posix()} has no __init__.py" for folder in lacking]
    for module in modules(package):
        name = module.parts[-1]
        if len(module.parts) == 1:
            if not name.startswith("_") and name not in PUBLIC_ROOT_MODULES:
                found.append(f"{module.place} must start with an underscore")
        elif name == "__init__":
            # A private folder inside a part exports nothing: its modules are imported where they are defined.
            private = any(part.startswith("_") for part in module.parts[:-1])
            if not private and not exported(module):
                found.append(f"{module.place} has no __all__ of names")
        elif not name.startswith("_"):
            found.append(f"{module.place} must start with an underscore")
    return found


def exported(module: Module) -> list[str]:
    """The names in a module's `__all__`; none where there is no such module."""
    for node in module.tree.body if module.path.is_file() else []:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def untested_modules(package: Path, tests: Path) -> list[str]:
    """Modules that define a public name of their folder and have no test file of their own in `tests`."""
    found = []
    for module in modules(package):
        folder, name = module.path.parent, module.parts[-1]
        if folder == package or name == "__init__":
            continue
        public = set(exported(Module(folder / "__init__.py", package)))
        defined = {node.name for node in module.tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        mirror = tests / folder.relative_to(package) / f"test_{name.lstrip('_')}.py"
        if public & defined and not mirror.is_file():
            found.append(
                f"{module.place} defines {sorted(public & defined)}; no {mirror.relative_to(tests.parent)}"
            )
    return found


def machine_paths(files: list[Path]) -> list[str]:
    """Lines that name a place on somebody's own machine."""
    found = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            found += [f"{path.name}:{number}: {match.group()}" for match in MACHINE_PATH.finditer(line)]
    return found


def repository_files() -> list[Path]:
    """What git tracks or would add; everything but hidden folders where there is no git."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        ]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


class TestRepository:
    """The rules hold here."""

    def test_modules_are_found(self) -> None:
        assert {"__init__.py", "_validation.py", "graphs/__init__.py"} <= {m.place for m in modules(PACKAGE)}
        assert {"pyproject.toml", "test_structure.py"} <= {path.name for path in repository_files()}

    def test_imports_go_downwards(self) -> None:
        assert wrong_imports(PACKAGE) == []

    def test_slow_packages_are_imported_where_they_are_used(self) -> None:
        assert heavy_imports(PACKAGE) == []

    def test_every_module_opens_with_a_docstring(self) -> None:
        assert unnamed_contents(PACKAGE) == []

    def test_only_folders_export_names(self) -> None:
        assert misplaced_names(PACKAGE) == []

    def test_tests_mirror_the_package(self) -> None:
        assert untested_modules(PACKAGE, ROOT / "tests") == []

    def test_no_file_names_a_place_on_a_machine(self) -> None:
        assert machine_paths(repository_files()) == []


SAMPLE = {
    "__init__.py": "",
    "_random.py": "",
    "cli.py": "from causalkit.estimators import Learner",
    "graphs/__init__.py": "from causalkit.graphs._network import Network\n__all__ = ['Network']",
    "graphs/_network.py": "from causalkit._random import seeds\nclass Network: ...",
    "inference/__init__.py": "from causalkit.inference._hac import variance\n__all__ = ['variance']",
    "inference/_hac.py": "from causalkit.graphs._network import Network\ndef variance(): ...",
    "nuisance/__init__.py": "from causalkit.nuisance._modules import Net\n__all__ = ['Net']",
    "nuisance/_modules.py": "import torch\nclass Net: ...",
    "estimators/__init__.py": "from causalkit.estimators._learner import Learner\n__all__ = ['Learner']",
    "estimators/_learner.py": "from causalkit.nuisance._modules import Net\nclass Learner: ...",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package in which every rule holds."""
    for place, code in SAMPLE.items():
        write(tmp_path / "causalkit", place, f'"""A module."""\n{code}\n')
        if "/_" in place and "__init__" not in place:
            write(tmp_path / "tests", place.replace("/_", "/test_"), "")
    return tmp_path / "causalkit"


def write(root: Path, place: str, text: str) -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class TestCheckers:
    """Each rule can fail: a small package breaks it, and the checker says where."""

    def test_the_sample_is_clean(self, package: Path) -> None:
        assert wrong_imports(package) == []
        assert heavy_imports(package) == []
        assert unnamed_contents(package) == []
        assert misplaced_names(package) == []
        assert untested_modules(package, package.parent / "tests") == []

    @pytest.mark.parametrize(
        ("place", "line", "complaint"),
        [
            ("graphs/_network.py", "from causalkit.inference._hac import variance", "is not below 'graphs'"),
            (
                "inference/_hac.py",
                "from causalkit.nuisance._modules import Net",
                "is not below 'inference'",
            ),
            ("inference/_hac.py", "from ..nuisance._modules import Net", "is not below 'inference'"),
            ("inference/_hac.py", "import causalkit.nuisance._modules", "is not below 'inference'"),
            (
                "inference/_hac.py",
                "def g():\n    from causalkit.cli import x",
                "is not below 'inference'",
            ),
            ("_random.py", "from causalkit.graphs._network import Network", "is not below 'base'"),
            ("inference/_hac.py", "from causalkit.graphs import Network", "is not the defining module"),
            ("graphs/_network.py", "from . import Network", "is not the defining module"),
            ("graphs/_network.py", "from causalkit import __version__", "is read from the package's root"),
            ("cli.py", "from causalkit.graphs._network import Network", "is private"),
            ("cli.py", "from causalkit.graphs import _network", "is private"),
            ("graphs/_network.py", "from causalkit import inference", "is not below 'graphs'"),
        ],
    )
    def test_wrong_imports(self, package: Path, place: str, line: str, complaint: str) -> None:
        write(package, place, f'"""A module."""\n{line}\n')
        found = wrong_imports(package)
        assert len(found) == 1
        assert found[0].startswith(f"{place}: causalkit.")
        assert complaint in found[0]

    @pytest.mark.parametrize("folder", ["datasets", "metrics"])
    def test_estimators_import_neither_data_sets_nor_metrics(self, package: Path, folder: str) -> None:
        write(package, f"{folder}/_x.py", '"""A module."""\n')
        write(package, "estimators/_learner.py", f'"""A learner."""\nfrom causalkit.{folder}._x import f\n')
        assert wrong_imports(package) == [
            f"estimators/_learner.py: causalkit.{folder}._x.f is not below 'estimators'"
        ]

    def test_a_new_folder_needs_a_place(self, package: Path) -> None:
        write(package, "extras/_x.py", '"""A module."""\n')
        assert wrong_imports(package) == ["extras/_x.py: 'extras' has no place in MAY_IMPORT"]

    @pytest.mark.parametrize(
        "code",
        [
            "import torch",
            "import econml.dml",
            "from statsmodels.api import OLS",
            "try:\n    import lightgbm\nexcept ImportError:\n    pass",
            "try:\n    import os\nexcept ImportError:\n    import lightgbm",
            "class A:\n    import torch_geometric",
            "if True:\n    from matplotlib import pyplot",
        ],
    )
    def test_heavy_imports(self, package: Path, code: str) -> None:
        write(package, "graphs/_network.py", f'"""A network."""\n{code}\n')
        assert len(heavy_imports(package)) == 1

    @pytest.mark.parametrize(
        "code",
        [
            "def f():\n    import torch",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
            "class A:\n    def f(self):\n        import torch",
        ],
    )
    def test_imports_inside_functions_are_not_heavy(self, package: Path, code: str) -> None:
        write(package, "graphs/_network.py", f'"""A network."""\n{code}\n')
        assert heavy_imports(package) == []

    def test_torch_is_the_only_heavy_package_in_the_torch_modules(self, package: Path) -> None:
        write(package, "nuisance/_modules.py", '"""Torch."""\nimport torch\nimport matplotlib\n')
        assert heavy_imports(package) == ["nuisance/_modules.py: matplotlib"]

    @pytest.mark.parametrize("text", ["", "import os\n", '"""   """\n', "# a comment\nX = 1\n"])
    def test_missing_module_docstring(self, package: Path, text: str) -> None:
        write(package, "graphs/_network.py", text)
        assert unnamed_contents(package) == ["graphs/_network.py"]

    @pytest.mark.parametrize("place", ["graphs/network.py", "helpers.py"])
    def test_public_module_name(self, package: Path, place: str) -> None:
        write(package, place, '"""A module."""\n')
        assert misplaced_names(package) == [f"{place} must start with an underscore"]

    def test_folder_without_exports(self, package: Path) -> None:
        write(package, "graphs/__init__.py", '"""Networks."""\n')
        assert misplaced_names(package) == ["graphs/__init__.py has no __all__ of names"]

    def test_folder_that_is_no_package(self, package: Path) -> None:
        write(package, "extras/_x.py", '"""A module."""\ndef f(): ...\n')
        assert misplaced_names(package) == ["extras has no __init__.py"]
        assert untested_modules(package, package.parent / "tests") == []

    def test_missing_mirror(self, package: Path) -> None:
        (package.parent / "tests/graphs/test_network.py").unlink()
        found = untested_modules(package, package.parent / "tests")
        assert found == ["graphs/_network.py defines ['Network']; no tests/graphs/test_network.py"]

    @pytest.mark.parametrize("top", ["home", "Users", "root", "work", "tmp"])
    def test_machine_paths(self, tmp_path: Path, top: str) -> None:
        write(tmp_path, "notes.md", f"one line\nsee `/{top}/somebody/data.csv`\n")
        assert machine_paths([tmp_path / "notes.md"]) == [f"notes.md:2: /{top}/somebody"]

    def test_other_paths_are_fine(self, tmp_path: Path) -> None:
        write(tmp_path, "notes.md", "#!/usr/bin/env bash\nhttps://example.org/home/page and docs/work/page\n")
        (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
        assert machine_paths([tmp_path / "notes.md", tmp_path / "picture.png"]) == []
