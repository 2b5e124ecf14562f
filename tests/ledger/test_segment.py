"""Archive segments: written, verified from their files alone, tampered with, restored, erased."""

from __future__ import annotations

import json

import pytest

from lookup.ledger.entry import Row, body_of_row, canonical, erase, from_row, leaf_hash, to_row
from lookup.ledger.merkle import Frontier, consistency_proof
from lookup.ledger.policy import Policy
from lookup.ledger.segment import (
    ALIGN,
    MANIFEST,
    RESTRICTED,
    bundle_paths,
    parse_manifest,
    parse_restricted,
    prune_limit,
    restore_row,
    segment_files,
)
from lookup.ledger.tiles import decode_bundle, nodes_from_tiles
from lookup.ledger.verify_segment import verify_segment
from lookup.ledger.wire import VerificationError, sha256
from tests.ledger.keys import ORIGIN, check, entry
from tests.ledger.logs import POLICY, MemoryLog

Files = dict[str, bytes]
STRICT = Policy(POLICY.logs, POLICY.witnesses, {}, b"w")


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    """Two segments and a bit."""
    made = MemoryLog()
    made.add(1, 2 * ALIGN + 300)
    made.sign(cosigned=True)
    return made


@pytest.fixture(scope="module")
def segments(log: MemoryLog) -> list[Files]:
    size = log.builder.size
    rows = list(log.entries())
    frontier = Frontier()

    def read(level: int, n: int, width: int) -> bytes:
        return log.tiles[level, n][0] if width == 256 else log.builder.partial(level)

    made = []
    for lo in (0, ALIGN):
        proof = consistency_proof(lo + ALIGN, size, nodes_from_tiles(read, size))
        part = rows[lo : lo + ALIGN]
        made.append(dict(segment_files(ORIGIN, frontier, part, (size, log.checkpoints[0].note), proof)))
    return made


def checks(
    files: Files, *, policy: Policy = STRICT, deep: bool = False, expected: bytes | None = None
) -> set[str]:
    return set(verify_segment(files.get, policy, check, manifest_sha256=expected, deep=deep).counts)


def resealed(files: Files, **changes: bytes) -> Files:
    """The files with some replaced and the manifest made to fit: what an insider would do."""
    manifest = json.loads(files[MANIFEST])
    manifest |= {path: sha256(data).hex() for path, data in changes.items()}
    return {**files, **changes, MANIFEST: canonical(manifest)}


def test_segments_verify_from_their_files_alone(segments: list[Files]) -> None:
    """Each segment holds under the policy, with the manifest that the log recorded, shallow and deep."""
    for number, files in enumerate(segments):
        recorded = sha256(files[MANIFEST])
        report = verify_segment(files.get, STRICT, check, manifest_sha256=recorded, deep=True)
        assert (list(report.lines()), report.size) == ([], (number + 1) * ALIGN)
        assert checks(files) == set()


def test_another_manifest_than_recorded_is_found(segments: list[Files]) -> None:
    """The hash in sys.archive pins the segment."""
    assert checks(segments[0], expected=bytes(32)) == {"manifest"}


def test_every_changed_or_missing_file_is_found(segments: list[Files]) -> None:
    """A file that is not what the manifest says, or is gone, is a finding; the restricted part may be gone."""
    files = segments[1]
    for path in ("frontier", "consistency", "checkpoint", bundle_paths(ALIGN, 2 * ALIGN)[3]):
        assert checks({**files, path: files[path] + b"x"}) == {"manifest"}
        assert checks({p: d for p, d in files.items() if p != path}) == {"manifest"}
    assert checks({**files, RESTRICTED: b"x"}, deep=True) == {"manifest"}
    assert checks({p: d for p, d in files.items() if p != RESTRICTED}, deep=True) == set()
    assert checks({}) == {"manifest"}


def test_a_resealed_segment_does_not_fit_the_checkpoint(segments: list[Files], log: MemoryLog) -> None:
    """Who changes entries and the manifest too still can not reach the cosigned root."""
    files = segments[1]
    path = bundle_paths(ALIGN, 2 * ALIGN)[0]
    changed = files[path].replace(b'"released"', b'"withheld"', 1)
    assert checks(resealed(files, **{path: changed})) == {"consistency"}
    assert checks(resealed(files, **{path: files[path][:-1]})) == {"bundle"}
    assert checks(resealed(files, consistency=b"")) == {"consistency"}
    assert checks(resealed(files, frontier=segments[0]["frontier"])) == {"frontier"}
    assert checks(resealed(files, frontier=files["frontier"][:-32] + bytes(32))) == {"consistency"}
    note = log.checkpoints[0].note
    assert checks(resealed(files, checkpoint=note[: note.index("— witness".encode())])) == {"quorum"}
    opened = files[RESTRICTED].replace(b"203.0.113.0", b"203.0.114.0", 1)
    assert checks(resealed(files, **{RESTRICTED: opened}), deep=True) == {"opening"}
    foreign = segments[0][RESTRICTED].split(b"\n")[0] + b"\n"
    assert checks(resealed(files, **{RESTRICTED: files[RESTRICTED] + foreign}), deep=True) == {"restricted"}


def test_rows_are_restored_from_an_archive(segments: list[Files], log: MemoryLog) -> None:
    """Bundle and restricted part give back the row; without the restricted part the erased row; the leaf is equal."""
    files = segments[1]
    opened = parse_restricted(files[RESTRICTED])
    body = decode_bundle(files[bundle_paths(ALIGN, 2 * ALIGN)[0]], 256)[5]
    stored = log.rows[1, ALIGN + 6]
    assert restore_row(body, opened[ALIGN + 5]) == stored
    assert restore_row(body, None) == to_row(erase(from_row(stored)))
    assert leaf_hash(body_of_row(restore_row(body, None))) == leaf_hash(body)
    with pytest.raises(VerificationError):
        restore_row(body, opened[ALIGN + 6])


def test_entries_without_a_report_are_restored() -> None:
    """Entries about no report come back without one; unknown actions are refused."""
    item = entry(report=None)
    row = to_row(item)
    assert item.salt is not None
    assert restore_row(body_of_row(row), (item.salt, item.net, item.detail)) == row
    with pytest.raises(VerificationError):
        restore_row(body_of_row(row).replace(b"lookup.open", b"lookup.what"), None)
    with pytest.raises(VerificationError):
        restore_row(body_of_row(row).replace(b'"u":"A', b'"u":"!'), None)


def test_erased_entries_have_no_restricted_line(segments: list[Files], log: MemoryLog) -> None:
    """Erased entries are archived with the same bundles and an empty restricted part."""
    rows: list[Row] = [to_row(erase(from_row(row))) for row in list(log.entries())[:ALIGN]]
    note = segments[0]["checkpoint"]
    files = dict(segment_files(ORIGIN, Frontier(), rows, (log.builder.size, note), []))
    assert files[RESTRICTED] == b""
    assert all(files[path] == segments[0][path] for path in bundle_paths(0, ALIGN))


def test_segments_are_aligned() -> None:
    """A segment of another length, or of nothing, is not written."""
    for rows in ([], [to_row(entry())] * 256):
        with pytest.raises(ValueError, match="aligned"):
            list(segment_files(ORIGIN, Frontier(), rows, (5, b""), []))


def test_damaged_manifests_are_refused(segments: list[Files]) -> None:
    """Members missing, added, of another type or range, or spelled otherwise: the one error."""
    good = json.loads(segments[0][MANIFEST])
    damaged = [canonical({**good, **change}) for change in (
        {"v": 2}, {"lo": 1}, {"hi": 0}, {"size": 5}, {"lo": "0"}, {"origin": 5}, {"extra": "x" * 64},
        {"frontier": "short"}, {"hi": 2**40}, {"frontier": 7},
    )]  # fmt: skip
    damaged += [
        canonical({k: v for k, v in good.items() if k != name}) for name in ("v", "origin", "lo", RESTRICTED)
    ]
    for data in (*damaged, b"", b"[]", b"{", b"\xff", b"[" * 9999, segments[0][MANIFEST] + b" "):
        with pytest.raises(VerificationError):
            parse_manifest(data)


@pytest.mark.parametrize("data", [
    b"x", b"\n", b"{}\n", b'{"i":1,"s":"AA"}', b'{"i":"1","s":"AA"}\n', b'{"i":1,"s":"A"}\n', b'{"i":1,"s":5}\n',
    b'{"i":1,"s":"AA"}\n{"i":1,"s":"AA"}\n', b'{"i":1, "s":"AA"}\n', b'{"i":1,"s":"AB"}\n', b"[]\n", b"1\n",
    b'{"i":1,"n":5,"s":"AA"}\n', b'{"i":1,"s":"AA","x":"y"}\n', b"\xff\n", b"[" * 9999 + b"\n",
])  # fmt: skip
def test_damaged_restricted_parts_are_refused(data: bytes) -> None:
    """Anything but canonical lines with one opening for each index is refused."""
    with pytest.raises(VerificationError):
        parse_restricted(data)


def test_pruning_waits_for_archive_checkpoint_and_every_witness() -> None:
    """The minimum index never passes what is archived, what is cosigned, or the slowest witness."""
    assert prune_limit(5 * ALIGN, 9 * ALIGN, []) == 5 * ALIGN
    assert prune_limit(5 * ALIGN, 4 * ALIGN + 7, [9 * ALIGN]) == 4 * ALIGN
    assert prune_limit(5 * ALIGN, 9 * ALIGN, [9 * ALIGN, 2 * ALIGN - 1]) == ALIGN
    assert prune_limit(5 * ALIGN, 9 * ALIGN, [0]) == 0
