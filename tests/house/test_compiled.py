"""What numba keeps compiled is renewed by its own file only, so compiled functions call only those beside them."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def compiled(tree: ast.Module) -> list[ast.FunctionDef]:
    return [
        one
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and any("njit" in ast.dump(d) for d in one.decorator_list)
    ]


def calls_from_elsewhere(source: str, names: set[str]) -> set[str]:
    """Names of compiled functions that a compiled function here uses and that are not defined here."""
    tree = ast.parse(source)
    here = {one.name for one in compiled(tree)}
    used = {node.id for one in compiled(tree) for node in ast.walk(one) if isinstance(node, ast.Name)}
    return (used & names) - here


def test_compiled_functions_call_only_those_of_their_own_file() -> None:
    texts = {path: path.read_text() for path in (ROOT / "blockwise").rglob("*.py")}
    jitted = {path: text for path, text in texts.items() if "njit" in text}
    names = {one.name for text in jitted.values() for one in compiled(ast.parse(text))}
    assert len(names) > 5
    assert {str(path): found for path, text in jitted.items() if (found := calls_from_elsewhere(text, names))} == {}


def test_a_call_from_elsewhere_is_seen() -> None:
    source = "from .other import deep\n@njit\ndef here(x):\n    return deep(x)\n"
    assert calls_from_elsewhere(source, {"deep", "here"}) == {"deep"}
    assert calls_from_elsewhere(source + "@njit\ndef deep(x):\n    return x\n", {"deep", "here"}) == set()
