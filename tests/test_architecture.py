"""The house style, held by machine: layers, purity, sizes, docstrings, honest tests, portable locks.

import-linter holds the direction of imports (`[tool.importlinter]` in pyproject.toml); this module holds the rest.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import source

ROOT = Path(__file__).parents[1]
PURE = ("lookup/domain", "lookup/ledger")
CONTRACTED = (*PURE, "lookup/services", "lookup/storage")
FLASK = {"flask", "flask_limiter", "flask_wtf", "jinja2", "wtforms"}
DATABASE = {"alembic", "psycopg", "sqlalchemy"}
# Written once by a tool, never edited afterwards.
GENERATED = "lookup/storage/migrations"
FOLDERS = ("lookup", "tests", "deploy", "docs", ".ci")


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Path (relative, with slashes) and text of every Python module below these folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every text file that belongs to the project."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    for path in [*paths, *sorted(ROOT.glob("*"))]:
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            if b"\0" not in content:
                yield path.relative_to(ROOT).as_posix(), content.decode("utf-8")


def found(check: Callable[[str], list[str]], files: Iterator[tuple[str, str]]) -> list[str]:
    """What `check` finds in these files, each with its path."""
    return [f"{path}: {finding}" for path, text in files for finding in check(text)]


def outside(folder: str) -> Iterator[tuple[str, str]]:
    """The modules of lookup that are not below this folder."""
    return ((path, text) for path, text in modules("lookup") if not path.startswith(f"{folder}/"))


def hand_written() -> Iterator[tuple[str, str]]:
    """The modules of lookup that people write."""
    return outside(GENERATED)


@pytest.mark.parametrize("folder", PURE)
def test_domain_and_ledger_are_pure(folder: str) -> None:
    """The domain and the ledger use the standard library only, without I/O, clock or randomness."""
    own = (folder.replace("/", "."), "__future__")
    assert found(lambda text: source.impure(text, own), modules(folder)) == []


def test_only_web_knows_flask() -> None:
    """Flask and its companions are imported in lookup/web only."""
    assert found(lambda text: source.foreign(text, FLASK), outside("lookup/web")) == []


def test_only_storage_knows_the_database() -> None:
    """SQLAlchemy and its companions are imported in lookup/storage only."""
    assert found(lambda text: source.foreign(text, DATABASE), outside("lookup/storage")) == []


def test_no_import_hides_in_a_function() -> None:
    """Own modules are imported at the head of a module; only the command line may defer, to start fast."""
    assert found(lambda text: source.deferred(text, "lookup"), outside("lookup/cli")) == []


def test_modules_are_short() -> None:
    """A module has at most 250 lines."""
    assert found(lambda text: source.long_module(text, 250), hand_written()) == []


def test_functions_are_short() -> None:
    """A function has at most 40 lines, its docstring not counted."""
    assert found(lambda text: source.long_functions(text, 40), hand_written()) == []


def test_views_are_thin() -> None:
    """A view has fewer than 15 lines, its docstring not counted."""
    assert found(lambda text: source.long_functions(text, 14, views=True), modules("lookup/web")) == []


def test_every_module_says_what_it_is_for() -> None:
    """Each module of the project and of the tests opens with a docstring."""
    without = [path for path, text in modules("lookup", "tests") if not ast.get_docstring(ast.parse(text))]
    assert without == []


def test_public_functions_state_their_contract() -> None:
    """Public functions and classes of domain, ledger, services and storage have a docstring."""
    files = ((path, text) for path, text in modules(*CONTRACTED) if not path.startswith(GENERATED))
    assert found(source.undocumented, files) == []


def test_no_test_is_evaded() -> None:
    """No test is skipped or expected to fail."""
    assert found(source.evaded, modules("tests")) == []


def test_every_test_states_its_rule() -> None:
    """Each test says in a docstring which rule it holds."""
    assert found(source.rule_less_tests, modules("tests")) == []


def test_locks_name_no_host() -> None:
    """The lock files are good behind every mirror: no host, no index, no local path, a hash for each release."""
    locks = sorted((ROOT / "deploy").glob("*.lock"))
    assert [lock.name for lock in locks] == ["requirements-test.lock", "requirements.lock"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert source.hosts(text) == []
        assert all("--hash=sha256:" in block for block in text.replace("\\\n", "").splitlines()[1:])


def test_the_test_lock_contains_the_runtime_lock() -> None:
    """What is tested is what runs: each runtime release is in the test lock, the same one."""
    runtime, test = (
        {line for line in (ROOT / "deploy" / name).read_text().splitlines() if "==" in line}
        for name in ("requirements.lock", "requirements-test.lock")
    )
    assert runtime - test == set()


def test_files_end_with_one_newline() -> None:
    """Every text file ends with one newline."""
    assert found(source.badly_ended, texts()) == []


def test_no_private_key_is_kept() -> None:
    """No file of the project holds a private key."""
    assert [path for path, text in texts() if source.PRIVATE_KEY.search(text)] == []


LONG = "def view():\n" + "    pass\n" * 50
PLANTED: list[tuple[Callable[[str], list[str]], str, str]] = [
    (lambda text: source.impure(text, ("lookup.domain",)), "import math\n", "import flask\n"),
    (
        lambda text: source.impure(text, ("lookup.domain",)),
        "import lookup.domain.a\n",
        "import lookup.storage\n",
    ),
    (lambda text: source.impure(text, ()), "from datetime import date\n", "import random\n"),
    (lambda text: source.impure(text, ()), "def f(now):\n    return now\n", "datetime.now(tz)\n"),
    (lambda text: source.impure(text, ()), "opened = 1\n", "open('x')\n"),
    (
        lambda text: source.impure(text, ()),
        "from importlib.resources import files\n",
        "from os import path\n",
    ),
    (lambda text: source.foreign(text, FLASK), "import flasks\n", "from flask.views import View\n"),
    (lambda text: source.foreign(text, DATABASE), "import sql\n", "import sqlalchemy as sa\n"),
    (
        lambda text: source.deferred(text, "lookup"),
        "import lookup.web\n",
        "def f():\n    from lookup import web\n",
    ),
    (lambda text: source.long_module(text, 250), "x = 1\n" * 250, "x = 1\n" * 251),
    (lambda text: source.long_functions(text, 40), LONG.replace("    pass\n", "", 12), LONG),
    (lambda text: source.long_functions(text, 14, views=True), LONG, f"@pages.get('/')\n{LONG}"),
    (
        lambda text: source.long_functions(text, 14, views=True),
        f"{LONG}app.add_url_rule('/', view_func=other)\n",
        f"{LONG}app.add_url_rule('/', view_func=view)\n",
    ),
    (source.undocumented, '"""M."""\ndef _f(): ...\n', '"""M."""\ndef f(): ...\n'),
    (source.undocumented, '"""M."""\n', "x = 1\n"),
    (source.undocumented, '"""M."""\n', '"""M."""\nclass C:\n    """C."""\n    def m(self): ...\n'),
    *[(source.evaded, f"{way} = 1\n", f"@pytest.{way}(True)\ndef test(): ...\n") for way in source.WAYS],
    (source.rule_less_tests, 'def test_x():\n    """Rule."""\n', "def test_x(): ...\n"),
    (source.hosts, "a==1 \\\n    --hash=sha256:00\n", "--index-url https://mirror.example/simple\n"),
    (source.hosts, "# Made by a tool\n", "a @ file:///srv/a.whl\n"),
    (source.badly_ended, "x\n", "x"),
    (source.badly_ended, "", "x\n\n"),
]


@pytest.mark.parametrize(("check", "good", "bad"), PLANTED)
def test_a_planted_violation_is_found(check: Callable[[str], list[str]], good: str, bad: str) -> None:
    """Each rule passes what is right and finds what is wrong."""
    assert check(good) == []
    assert check(bad) != []
