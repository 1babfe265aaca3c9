"""Checks what no other tool checks: sizes, names, purity, and addresses that belong in no tracked file.

Each finding is printed as `path:line: text`; the exit status is 1 when there is any. Files are those that git
tracks or would track; without git, those below the folder.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FUNCTION_LINES = 60
FILE_LINES = 500
TEST_FILE_LINES = 800

BANNED_MODULES = frozenset({"common", "helper", "helpers", "misc", "services", "signals", "util", "utils"})
# No float may touch money: amounts are whole minor units from the first byte read to the last one written.
MONEY_ROOMS = ("src/pinback/rules/", "src/pinback/settlement/")
PURE_ROOM = "src/pinback/rules/"
PURE_BANNED_MODULES = frozenset(
    {
        "django",
        "psycopg",
        "sqlite3",
        "duckdb",
        "random",
        "secrets",
        "time",
        "os",
        "io",
        "socket",
        "logging",
        "uuid",
    }
)
# What asks the clock, and what speaks to the world.
CLOCK_CALLS = frozenset({"now", "utcnow", "today"})
WORLD_CALLS = frozenset({"open", "print", "input"})

# Split, so that this file does not find itself.
_REGISTRY = re.compile(
    r"(?:py"
    r"pi\.org|files\.python"
    r"hosted\.org|registry\.npm"
    r"js\.org|npm"
    r"mirror\.com|registry\.yarn"
    r"pkg\.com|mirrors\.(?:aliyun|tuna|ustc)|deb\.debian"
    r"\.org|docker"
    r"\.io|gh"
    r"cr\.io)|\"resolved\": *\"http"
    r"|^\s*(?:--(?:extra-)?index-url|(?:index-url|registry) *=)"
)
_MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:home|Users|root|work)/[\w.-]+|\b[A-Z]:\\Users\\")
_BINARY_SUFFIXES = frozenset({".gz", ".ico", ".jpg", ".mo", ".parquet", ".png", ".webp", ".woff2"})


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to put right: where it is, and what it is."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Source:
    """One Python file: its path below the checkout, its text, and the tree of it."""

    path: str
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Whether the file belongs to the tests."""
        return "tests" in Path(self.path).parts

    @property
    def is_migration(self) -> bool:
        """Whether Django wrote the file."""
        return "migrations" in Path(self.path).parts

    def finding(self, node: ast.AST, text: str) -> Finding:
        """A finding at the line of `node`."""
        return Finding(self.path, getattr(node, "lineno", 1), text)


def function_lengths(source: Source) -> Iterator[Finding]:
    """Functions longer than can be read at once."""
    if source.is_migration:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield source.finding(
                    node, f"function {node.name} has {lines} lines, at most {FUNCTION_LINES}"
                )


def file_length(source: Source) -> Iterator[Finding]:
    """Files that should become a package of the same name."""
    limit = TEST_FILE_LINES if source.is_test else FILE_LINES
    lines = len(source.text.splitlines())
    if lines > limit and not source.is_migration:
        yield Finding(source.path, limit + 1, f"file has {lines} lines, at most {limit}")


def module_docstring(source: Source) -> Iterator[Finding]:
    """Modules that do not begin by saying what they are."""
    if not source.is_migration and not ast.get_docstring(source.tree):
        yield Finding(source.path, 1, "module has no docstring")


def module_name(source: Source) -> Iterator[Finding]:
    """Modules named after nothing."""
    path = Path(source.path)
    name = path.parent.name if path.name == "__init__.py" else path.stem
    if name in BANNED_MODULES and path.parts[0] == "src":
        yield Finding(source.path, 1, f"module name {name!r} says nothing; name it by what it holds")


def floats_near_money(source: Source) -> Iterator[Finding]:
    """Floats in the rooms that reckon with money."""
    if not source.path.startswith(MONEY_ROOMS) or source.is_test:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield source.finding(node, f"float {node.value!r} where money is reckoned")
        elif isinstance(node, ast.Name) and node.id == "float":
            yield source.finding(node, "the name float where money is reckoned")
        elif isinstance(node, ast.Attribute) and node.attr in {"FloatField", "DecimalField"}:
            yield source.finding(node, f"{node.attr} where money is stored")


def purity(source: Source) -> Iterator[Finding]:
    """Rules that reach outside themselves."""
    if not source.path.startswith(PURE_ROOM) or source.is_test:
        return
    for node in ast.walk(source.tree):
        for module in _imported(node):
            if module.split(".")[0] in PURE_BANNED_MODULES:
                yield source.finding(node, f"rules are pure, and import {module}")
        if isinstance(node, ast.Call) and _reaches_out(node.func):
            yield source.finding(node, f"rules are pure, and call {ast.unparse(node.func)}()")


def _imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def _reaches_out(function: ast.expr) -> bool:
    """Whether calling `function` asks the clock, or is a builtin that reads or writes."""
    if isinstance(function, ast.Attribute):
        return function.attr in CLOCK_CALLS
    return isinstance(function, ast.Name) and function.id in CLOCK_CALLS | WORLD_CALLS


PYTHON_CHECKS: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    function_lengths,
    file_length,
    module_docstring,
    module_name,
    floats_near_money,
    purity,
)


def text_findings(path: str, text: str) -> Iterator[Finding]:
    """Addresses of package registries and paths of one machine, in any text file."""
    for number, line in enumerate(text.splitlines(), 1):
        if _REGISTRY.search(line):
            yield Finding(path, number, "address of a package registry")
        if _MACHINE_PATH.search(line):
            yield Finding(path, number, "path of somebody's machine")


def python_findings(path: str, text: str) -> Iterator[Finding]:
    """Everything that the checks of Python files find in one."""
    try:
        source = Source(path, text, ast.parse(text))
    except SyntaxError as error:
        yield Finding(path, error.lineno or 1, f"not Python: {error.msg}")
        return
    for check in PYTHON_CHECKS:
        yield from check(source)


def findings(root: Path, paths: Iterable[str]) -> Iterator[Finding]:
    """All findings in the files `paths` below `root`."""
    for path in paths:
        file = root / path
        if file.suffix in _BINARY_SUFFIXES or file.is_symlink() or not file.is_file():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            yield Finding(path, 1, "not UTF-8 text")
            continue
        yield from text_findings(path, text)
        if file.suffix == ".py":
            yield from python_findings(path, text)


def files(root: Path) -> list[str]:
    """The files below `root` that belong to the project, sorted."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode == 0:
        return sorted(set(listed.stdout.decode("utf-8", "surrogateescape").split("\0")) - {""})
    built = {".venv", ".git", "node_modules", "dist", "staticfiles", "__pycache__"}
    return sorted(
        str(file.relative_to(root))
        for file in root.rglob("*")
        if not any(part in built or part.endswith("_cache") for part in file.relative_to(root).parts)
    )


def main() -> int:
    """Print every finding in the checkout; 1 when there is any."""
    root = Path(__file__).resolve().parent.parent
    found = sorted(findings(root, files(root)))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
