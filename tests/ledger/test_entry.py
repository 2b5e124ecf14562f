"""Entries: frozen codes, canonical bytes and vectors of v = 1."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.ledger.entry import (
    ACTIONS,
    OUTCOMES,
    Entry,
    Row,
    body,
    body_of_row,
    canonical,
    commitment,
    erase,
    from_row,
    leaf_hash,
    to_row,
)
from tests.ledger.keys import entry

TEXT = st.text(st.characters(exclude_categories=["Cs"]))

FULL = Entry(
    writer=3, seq=99, ts=1763800000000000, action="lookup.open", outcome="released", actor=bytes(range(16)),
    report=bytes(range(16, 32)), net="203.0.113.0/24", detail='{"tier":"T1"}', salt=bytes(range(32, 48)),
)  # fmt: skip
BARE = Entry(
    writer=1, seq=1, ts=0, action="sys.heartbeat", outcome="succeeded", actor=bytes(16), salt=b"\xff" * 16,
)  # fmt: skip


def test_vectors_of_version_one_are_frozen() -> None:
    """A published entry of version 1 has the same bytes and leaf hash for ever."""
    assert body(FULL) == (
        b'{"a":"lookup.open","c":"xzHV1AdkjZJVvL94Y-m5QpVGvHuswB_ioF80AGB22Mg","o":"released",'
        b'"r":"EBESExQVFhcYGRobHB0eHw","s":99,"t":1763800000000000,"u":"AAECAwQFBgcICQoLDA0ODw","v":1,"w":3}'
    )
    assert leaf_hash(body(FULL)).hex() == "eaf1ae0b78dcbd9b34a2629422ea5fbab02c865915804c1353954d34d483df02"
    assert body(BARE) == (
        b'{"a":"sys.heartbeat","c":"PPw0ISsbaW6JaKxlGU6BtrtNPDSm70Aa8yrbAzwjJP8","o":"succeeded",'
        b'"s":1,"t":0,"u":"AAAAAAAAAAAAAAAAAAAAAA","v":1,"w":1}'
    )
    assert leaf_hash(body(BARE)).hex() == "d15c84bc076eb2ac45752f297a5f98d90e7a8fb11d85bc08ee684e8ffc6549cb"


FROZEN_ACTIONS = {
    "lookup.verify": 1,
    "lookup.open": 2,
    "lookup.signout": 3,
    "lookup.accesses": 4,
    "lookup.flood": 5,
    "push.event": 20,
    "push.batch": 21,
    "push.manifest": 22,
    "push.quarantine": 23,
    "push.file": 24,
    "push.unused": 25,
    "console.signin": 40,
    "console.signout": 41,
    "console.entries": 42,
    "console.view": 43,
    "console.covert": 44,
    "console.bundle": 45,
    "admin.client": 60,
    "admin.staff": 61,
    "admin.unit": 62,
    "admin.reference": 63,
    "sys.boot": 80,
    "sys.close": 81,
    "sys.writer_lost": 82,
    "sys.gap": 83,
    "sys.late": 84,
    "sys.heartbeat": 85,
    "sys.archive": 86,
    "sys.keyrotate": 87,
    "sys.verify": 88,
    "sys.migrate": 89,
    "sys.erase": 90,
    "sys.prune": 91,
    "sys.anchor": 92,
    "sys.acknowledge": 93,
}
"""A new code is added here too; one that stands here is never taken back or given another number."""

FROZEN_OUTCOMES = {
    "released": 1,
    "refused": 2,
    "limited": 3,
    "withheld": 4,
    "accepted": 5,
    "duplicate": 6,
    "conflict": 7,
    "quarantined": 8,
    "succeeded": 9,
    "failed": 10,
}


def test_codes_are_frozen() -> None:
    """Action and outcome codes never change, because they stand in the columns that the hashes are made of."""
    assert dict(ACTIONS) == FROZEN_ACTIONS
    assert dict(OUTCOMES) == FROZEN_OUTCOMES
    assert len(set(ACTIONS.values())) == len(ACTIONS)
    assert len(set(OUTCOMES.values())) == len(OUTCOMES)


@given(st.dictionaries(st.text(st.characters(max_codepoint=127)), TEXT | st.integers(1 - 2**53, 2**53 - 1)))
def test_canonical_is_minimal_sorted_json(mapping: dict[str, str | int]) -> None:
    """Canonical bytes parse back to the same object and have sorted keys and no space."""
    data = canonical(mapping)
    assert json.loads(data) == mapping
    assert list(json.loads(data)) == sorted(mapping)


@pytest.mark.parametrize("value", [1.0, None, True, 2**53, -(2**53), ["x"], {"a": "b"}, "\ud800"])
def test_canonical_refuses_what_the_profile_excludes(value: object) -> None:
    """Floats, nulls, booleans, nesting, large integers and lone surrogates have no canonical form."""
    with pytest.raises(ValueError, match=r"integer|surrogates"):
        canonical({"k": value})


def test_canonical_refuses_keys_beyond_ascii() -> None:
    """Keys are ASCII so that every sort order of them agrees."""
    with pytest.raises(ValueError, match="ASCII"):
        canonical({"é": 1})


@given(TEXT | st.none(), TEXT | st.none(), st.binary(min_size=16, max_size=16))
def test_commitment_is_the_hash_of_the_canonical_restricted_part(
    net: str | None, detail: str | None, salt: bytes
) -> None:
    """c = SHA-256(label ‖ salt ‖ JCS of the parts that are there)."""
    parts = {k: v for k, v in (("d", detail), ("n", net)) if v is not None}
    expected = hashlib.sha256(b"audit-restricted-v1\0" + salt + canonical(parts)).digest()
    assert commitment(salt, net, detail) == expected


def test_body_is_canonical_json_of_its_members() -> None:
    """The fast template writes exactly what the canonical form of its members is."""
    for item in (FULL, BARE, entry(report=None), entry(net=None), entry(detail=None)):
        assert canonical(json.loads(body(item))) == body(item)


def test_erasing_the_restricted_part_keeps_the_leaf() -> None:
    """After erasure net, detail and salt are gone and the body, so the tree, is the same."""
    gone = erase(FULL)
    assert (gone.net, gone.detail, gone.salt) == (None, None, None)
    assert body(gone) == body(FULL)
    assert erase(gone) == gone


@pytest.mark.parametrize(
    "change",
    [
        {"ts": 1763800000000001}, {"outcome": "refused"}, {"action": "lookup.verify"}, {"actor": bytes(16)},
        {"report": None}, {"report": bytes(16)}, {"net": None}, {"net": "203.0.114.0/24"}, {"detail": None},
        {"detail": '{"tier":"T2"}'}, {"salt": bytes(16)}, {"writer": 4}, {"seq": 100},
    ],
)  # fmt: skip
def test_every_column_is_in_the_body(change: dict[str, Any]) -> None:
    """A change of any column changes the leaf."""
    assert body(replace(FULL, **change)) != body(FULL)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "lookup.other"}, {"outcome": "fine"}, {"actor": b"short"}, {"report": b""}, {"salt": None},
        {"salt": b"x"}, {"commitment": bytes(32)}, {"seq": 0}, {"writer": 0}, {"ts": -1}, {"ts": 2**53},
    ],
)  # fmt: skip
def test_an_impossible_entry_is_not_made(change: dict[str, Any]) -> None:
    """Unknown names, wrong lengths and numbers out of range are refused when the entry is made."""
    with pytest.raises(ValueError, match=r"unknown|range|16|salt"):
        replace(FULL, **change)


def test_a_row_and_its_entry_are_the_same_thing() -> None:
    """An entry comes back from its row unchanged, erased or whole."""
    for item in (FULL, BARE, erase(FULL)):
        assert from_row(to_row(item, b"m" * 32)) == item


@pytest.mark.parametrize(
    "change",
    [
        {"action": 999}, {"outcome": 0}, {"seq": "99"}, {"ts": 1.5}, {"actor": "text"}, {"salt": None},
        {"commitment": bytes(32)}, {"writer": None},
    ],
)  # fmt: skip
def test_a_row_with_wrong_types_or_codes_has_no_body(change: dict[str, object]) -> None:
    """A loosely typed database can not pass off text or floats as the numbers that were hashed."""
    row = Row(**{**to_row(FULL)._asdict(), **change})
    with pytest.raises((ValueError, KeyError, TypeError)):
        body_of_row(row)
