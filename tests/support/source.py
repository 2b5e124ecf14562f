"""Rules of the house style as functions over source text; `tests/test_architecture.py` applies them to the project.

Each takes source text (never a path) and returns what it found, one short sentence with a line number each.
"""

import ast
import re
import sys
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef

# Standard modules that bring a clock, randomness or the outer world with them.
IMPURE = {
    "asyncio",
    "http",
    "io",
    "logging",
    "os",
    "random",
    "secrets",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
    "uuid",
}
IMPURE_CALLS = {"input", "open", "print"}
CLOCK_METHODS = {"now", "today", "utcnow"}
ROUTES = {"delete", "get", "patch", "post", "put", "route"}
NO_HOST = re.compile(
    r"https?:|file:|\bgit\+|@ |--(?:extra-)?index-url|--find-links|--trusted-host|^-[ifr] ", re.M
)
PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]*PRIVATE KEY")


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every import below `tree`; relative ones begin with dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{base}.{alias.name}".replace("..", ".")) for alias in node.names)


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function below `tree`, methods and inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def impure(source: str, own: tuple[str, ...]) -> list[str]:
    """What keeps a module from being pure: foreign imports (all but `own` packages), I/O, clocks, randomness."""
    tree = ast.parse(source)
    found = []
    for line, name in imports(tree):
        if name.startswith(own) or name.startswith("importlib.resources"):
            continue
        top = name.split(".")[0]
        if top not in sys.stdlib_module_names or top in IMPURE:
            found.append(f"line {line}: imports {name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _calls_the_world(node.func):
            found.append(f"line {node.lineno}: calls {ast.unparse(node.func)}")
    return found


def _calls_the_world(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in IMPURE_CALLS
    return isinstance(called, ast.Attribute) and called.attr in CLOCK_METHODS


def foreign(source: str, packages: set[str]) -> list[str]:
    """Imports of any of these top-level packages."""
    wanted = ((line, name) for line, name in imports(ast.parse(source)) if name.split(".")[0] in packages)
    return [f"line {line}: imports {name}" for line, name in wanted]


def deferred(source: str, package: str) -> list[str]:
    """Imports of `package` inside a function, where they hide from a reader of the module's head."""
    inner = {pair for function in functions(ast.parse(source)) for pair in imports(function)}
    mine = sorted(pair for pair in inner if pair[1].split(".")[0] == package)
    return [f"line {line}: imports {name} inside a function" for line, name in mine]


def long_module(source: str, most: int) -> list[str]:
    """A module with more than `most` lines."""
    lines = len(source.splitlines())
    return [f"has {lines} lines, more than {most}"] if lines > most else []


def long_functions(source: str, most: int, *, views: bool = False) -> list[str]:
    """Functions with more than `most` lines, from `def` to the end, not counting the docstring.

    With `views` only those that a route decorates (`@something.get(…)`, `.post`, `.route` …) or that are given to
    `add_url_rule`.
    """
    found = []
    tree = ast.parse(source)
    registered = _registered(tree) if views else set()
    for function in functions(tree):
        lines = _length(function)
        if lines > most and (not views or is_view(function) or function.name in registered):
            found.append(f"line {function.lineno}: {function.name} has {lines} lines, more than {most}")
    return found


def _length(function: Function) -> int:
    first = function.body[0]
    has_docstring = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def _registered(tree: ast.AST) -> set[str]:
    rules = (
        call
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_url_rule"
    )
    given = [one for call in rules for one in (*call.args, *(word.value for word in call.keywords))]
    return {one.id for one in given if isinstance(one, ast.Name)}


def is_view(function: Function) -> bool:
    """Whether a route decorator stands over the function."""
    calls = (mark.func for mark in function.decorator_list if isinstance(mark, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr in ROUTES for call in calls)


def undocumented(source: str) -> list[str]:
    """The module, or its public functions, classes and methods, without a docstring."""
    tree = ast.parse(source)
    found = [] if ast.get_docstring(tree) else ["line 1: the module has no docstring"]
    return found + [f"line {node.lineno}: {node.name} has no docstring" for node in _bare(tree)]


def _bare(parent: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    for node in parent.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield node
            if isinstance(node, ast.ClassDef):
                yield from _bare(node)


WAYS = ("skip", "skipif", "xfail", "importorskip", "SkipTest")


def evaded(source: str) -> list[str]:
    """Ways for a test not to run (WAYS)."""
    marks = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
    return [f"line {mark.lineno}: uses {mark.attr}" for mark in marks if mark.attr in WAYS]


def rule_less_tests(source: str) -> list[str]:
    """Test functions that do not say in a docstring which rule they hold."""
    tests = (one for one in functions(ast.parse(source)) if one.name.startswith("test_"))
    return [f"line {one.lineno}: {one.name} has no docstring" for one in tests if not ast.get_docstring(one)]


def hosts(text: str) -> list[str]:
    """Lines of a lock file that tie it to a host, an index or a local file."""
    return [f"names {match.group().strip()}" for match in NO_HOST.finditer(text)]


def badly_ended(text: str) -> list[str]:
    """A text that does not end with exactly one newline."""
    ends_well = not text or (text.endswith("\n") and not text.endswith("\n\n"))
    return [] if ends_well else ["does not end with one newline"]
