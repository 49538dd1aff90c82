import sys

import pytest

from causalkit._optional import require
from causalkit.exceptions import MissingPackageError


def test_returns_the_module():
    assert require("json.decoder", extra="dev", purpose="reading") is sys.modules["json.decoder"]


def test_names_purpose_package_and_extra():
    with pytest.raises(
        MissingPackageError, match=r"drawing needs the package 'no_such_package'.*learn\[plots\]'"
    ):
        require("no_such_package.sub", extra="plots", purpose="drawing")


def test_is_an_import_error_with_the_package_name():
    with pytest.raises(ImportError) as caught:
        require("no_such_package", extra="plots", purpose="drawing")
    assert caught.value.name == "no_such_package"


def test_error_inside_an_installed_package_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "package_with_a_fault.py").write_text("import dependency_that_is_absent\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="dependency_that_is_absent") as caught:
        require("package_with_a_fault", extra="plots", purpose="drawing")
    assert not isinstance(caught.value, MissingPackageError)
