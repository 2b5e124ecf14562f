"""Judging stored cosignatures: each must be the named witness's own, over exactly the checkpoint that it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lookup.ledger.cosignature import verify_cosignature
from lookup.ledger.note import Check, parse_note, parse_signature
from lookup.ledger.policy import Policy
from lookup.ledger.wire import VerificationError


class Stored(NamedTuple):
    """A stored cosignature line (newline included) under a witness's name of the policy; `ts` in UTC microseconds."""

    size: int
    witness: str
    ts: int
    line: str


class Cosignatures:
    """Walks stored cosignatures, ordered by size, beside the checkpoints, ordered by size; `findings` collects."""

    def __init__(self, stored: Iterable[Stored], policy: Policy, check: Check) -> None:
        self.findings: list[str] = []
        self._stored: Iterator[Stored] = iter(stored)
        self._next = next(self._stored, None)
        self._policy, self._check = policy, check

    def on(self, size: int, note: bytes) -> list[str]:
        """Return the lines that are right on the checkpoint of `size` with this note; every other one is a finding."""
        good = []
        while (row := self._next) is not None and row.size <= size:
            self._next = next(self._stored, None)
            problem = "no such checkpoint" if row.size < size else self._problem(row, note)
            if problem:
                self.findings.append(f"of {row.witness} on checkpoint {row.size}: {problem}")
            else:
                good.append(row.line)
        return good

    def finish(self) -> list[str]:
        """Return every finding, those beyond the last checkpoint too."""
        while (row := self._next) is not None:
            self.findings.append(f"of {row.witness} on checkpoint {row.size}: no such checkpoint")
            self._next = next(self._stored, None)
        return self.findings

    def _problem(self, row: Stored, note: bytes) -> str | None:
        witness = self._policy.witnesses.get(row.witness.encode())
        if witness is None:
            return "not a witness of the policy"
        try:
            signature = parse_signature(row.line.encode().removesuffix(b"\n"))
            if (signature.name, signature.key_id) != (witness.key.name, witness.key.id):
                return "by another key"
            moment = verify_cosignature(signature, witness.key, parse_note(note).text, self._check)
        except VerificationError as error:
            return str(error)
        return None if moment * 1_000_000 == row.ts else "its time is not the one that was signed"
