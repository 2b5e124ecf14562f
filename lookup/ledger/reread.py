"""A second, separate implementation of leaf and tree for the verifier; shares no code with the writing side.

If entry.py or merkle.py ever wrote something else than the specification, these would disagree with it.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lookup.ledger.wire import Digest

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_b64 = base64.urlsafe_b64encode


class Malformed(Exception):
    """A row that no writer can have written."""


def leaf_function(
    actions: Mapping[int, str], outcomes: Mapping[int, str], digest: Digest
) -> Callable[..., bytes]:
    """A function from a row (in the order of entry.COLUMNS) to its leaf hash; it raises Malformed."""

    def leaf(row: tuple[object, ...]) -> bytes:
        try:
            return digest(b"\x00" + _encode(_members(row, actions, outcomes, digest)).encode())
        except (KeyError, TypeError, ValueError):
            raise Malformed from None

    return leaf


def _members(
    row: Any, actions: Mapping[int, str], outcomes: Mapping[int, str], digest: Digest
) -> dict[str, object]:
    w, s, t, a, o, u, r, net, detail, salt, c, _ = row
    if not type(w) is type(s) is type(t) is int:
        raise TypeError
    if salt is not None and c is None:
        hidden = {} if detail is None else {"d": detail}
        if net is not None:
            hidden["n"] = net
        c = digest(b"audit-restricted-v1\x00" + salt + _encode(hidden).encode())
    elif not (salt is net is detail is None):
        raise ValueError
    members = {
        "a": actions[a],
        "c": _token(c),
        "o": outcomes[o],
        "s": s,
        "t": t,
        "u": _token(u),
        "v": 1,
        "w": w,
    }
    if r is not None:
        members["r"] = _token(r)
    return members


def _token(value: bytes) -> str:
    return _b64(value).decode().rstrip("=")


def block_root(hashes: list[bytes], digest: Digest) -> bytes:
    """The root over 2^k hashes, k >= 0."""
    while len(hashes) > 1:
        hashes = [
            digest(b"\x01" + left + right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]


class Tree:
    """A Merkle tree as a stack of complete subtrees; `rows[L]` collects the hashes of tile level L until taken."""

    def __init__(self, digest: Digest, pending: Sequence[Sequence[bytes]] = ()) -> None:
        """Start empty, or from the partial tiles (by level) of a tree that was pruned below its right edge."""
        self._digest = digest
        self._stack: list[tuple[int, bytes]] = []
        self.rows: defaultdict[int, list[bytes]] = defaultdict(list)
        for level in range(len(pending) - 1, -1, -1):
            for node in pending[level]:
                self.push(node, 8 * level)

    def push(self, node: bytes, level: int = 0) -> None:
        """Append one leaf hash (or, at the start, the root of a complete subtree of 2^level leaves)."""
        digest, stack, rows = self._digest, self._stack, self.rows
        rows[level >> 3].append(node)
        while stack and stack[-1][0] == level:
            node = digest(b"\x01" + stack.pop()[1] + node)
            level += 1
            if not level & 7:
                rows[level >> 3].append(node)
        stack.append((level, node))

    def root(self) -> bytes:
        """The root of the leaves so far."""
        if not self._stack:
            return self._digest(b"")
        parts = [node for _, node in self._stack]
        node = parts.pop()
        while parts:
            node = self._digest(b"\x01" + parts.pop() + node)
        return node
