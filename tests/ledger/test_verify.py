"""The verifier: an honest log holds; every tampering of the attack matrix is found, and by the check that is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.entry import (
    ACTION_NAMES,
    ACTIONS,
    OUTCOME_NAMES,
    OUTCOMES,
    Entry,
    Row,
    body_of_row,
    canonical,
    erase,
    from_row,
    leaf_hash,
    to_row,
)
from lookup.ledger.findings import Limits, RunRow
from lookup.ledger.merkle import Frontier
from lookup.ledger.policy import Log, Policy
from lookup.ledger.reread import Malformed, Tree, leaf_function
from lookup.ledger.verify import verify_log
from lookup.ledger.wire import sha256
from tests.ledger.keys import ORIGIN, check, entry, pair
from tests.ledger.logs import KEY, POLICY, SECOND, SIGN, START, MemoryLog, honest

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TOKEN = st.binary(min_size=16, max_size=16)


def test_an_honest_log_holds() -> None:
    """No finding, the signed size and root, and every checkpoint seen."""
    log = honest()
    report = log.verify(now=log.now)
    assert list(report.lines()) == []
    assert (report.size, report.root, report.checkpoints) == (8 * 41, log.builder.root(), 8)


def test_an_empty_log_holds() -> None:
    """A signed empty tree, whose root is the hash of nothing, is a log; so is nothing at all."""
    log = MemoryLog()
    assert log.checks() == set()
    log.sign()
    log.replace_checkpoint(0, prev=-1)
    log.add(1)
    log.sign()
    assert log.checks() == set()


@given(
    st.builds(
        Entry,
        writer=st.integers(1, 2**53 - 1), seq=st.integers(1, 2**53 - 1), ts=st.integers(0, 2**53 - 1),
        action=st.sampled_from(sorted(ACTIONS)), outcome=st.sampled_from(sorted(OUTCOMES)), actor=TOKEN,
        report=TOKEN | st.none(), net=TEXT | st.none(), detail=TEXT | st.none(), salt=TOKEN,
    )
)  # fmt: skip
def test_two_implementations_of_the_leaf_agree(item: Entry) -> None:
    """What the writing side hashes and what the verifier re-serialises are the same bytes, erased or whole."""
    reread = leaf_function(ACTION_NAMES, OUTCOME_NAMES, sha256)
    for row in (to_row(item), to_row(erase(item))):
        assert reread(row) == leaf_hash(body_of_row(row))


@pytest.mark.parametrize(
    "change",
    [
        {"action": 999}, {"outcome": 0}, {"seq": "1"}, {"ts": 1.5}, {"actor": "text"}, {"salt": None},
        {"commitment": bytes(32)}, {"writer": None}, {"salt": None, "commitment": bytes(32)}, {"net": "\ud800"},
        {"net": b"x"}, {"report": 5}, {"action": None}, {"writer": True},
    ],
)  # fmt: skip
def test_a_row_that_no_writer_wrote_is_malformed(change: dict[str, object]) -> None:
    """Other types, unknown codes, a salt beside a commitment or neither: one error of the re-reader."""
    reread = leaf_function(ACTION_NAMES, OUTCOME_NAMES, sha256)
    with pytest.raises(Malformed):
        reread(to_row(entry())._replace(**change))  # type: ignore[arg-type]


@given(st.integers(0, 700))
def test_two_implementations_of_the_tree_agree(size: int) -> None:
    """The verifier's stack and the writer's compact range have the same root at every size."""
    leaves = [sha256(b"%d" % i) for i in range(size)]
    tree, frontier = Tree(sha256), Frontier()
    for leaf in leaves:
        tree.push(leaf)
    frontier.extend(leaves)
    assert tree.root() == frontier.root()


# The attack matrix (each test: what was done, and which check says so).


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": 2}, {"ts": START + 1}, {"net": "198.51.100.0/24"}, {"detail": None}, {"actor": bytes(16)},
        {"report": None}, {"action": 1}, {"salt": bytes(16)},
    ],
)  # fmt: skip
def test_a_changed_entry_breaks_the_root(change: dict[str, object]) -> None:
    """Any changed column of an integrated entry: every root from there on, and the tile over it, disagree."""
    log = honest()
    log.replace_row(1, 3, **change)
    report = log.verify()
    assert set(report.counts) == {"root", "tile"}
    assert report.counts["root"] == 8
    assert "tile 0/0 differs at 2 of" in "\n".join(report.lines())


def test_a_malformed_entry_is_named() -> None:
    """A row turned into something no writer writes is named as such, beside the broken roots."""
    log = honest()
    log.replace_row(1, 3, action=999)
    assert log.checks() == {"entry-malformed", "root", "tile"}


def test_a_deleted_entry_is_missing() -> None:
    """A deleted row is named by lane and number, and the roots disagree."""
    log = honest()
    del log.rows[2, 5]
    report = log.verify()
    assert set(report.counts) == {"entry-missing", "root", "tile"}
    assert "entry 2-5 at 24 is gone" in "\n".join(report.lines())


def test_swapped_entries_break_the_root() -> None:
    """Two entries that change places keep their lanes dense but not the tree."""
    log = honest()
    one, two = log.rows[1, 3], log.rows[1, 4]
    log.rows[1, 3], log.rows[1, 4] = two._replace(seq=3), one._replace(seq=4)
    log.replace_row(1, 3, outcome=3)
    assert "root" in log.checks()


def test_renumbered_runs_are_not_dense() -> None:
    """Runs that leave numbers of a lane out or overlap, or do not meet in the tree, are each named."""
    log = honest()
    log.runs[3] = log.runs[3]._replace(first_seq=22)
    assert {"writer-density", "root"} <= log.checks()
    log = honest()
    log.runs[3] = log.runs[3]._replace(first_idx=42)
    assert log.checks() == {"run-density"}
    log = honest()
    del log.runs[-1]
    assert "run-density" in log.checks()
    log = honest()
    log.runs.append(RunRow(log.builder.size, 9, 1, 5))
    assert log.checks() == {"run-density"}
    log = honest()
    log.runs[3] = log.runs[3]._replace(n=0)
    assert "run-density" in log.checks()


def test_swapped_runs_break_the_root() -> None:
    """Two runs that change places in the tree keep every lane dense but no root."""
    log = honest()
    a, b = log.runs[0], log.runs[1]
    log.runs[0], log.runs[1] = b._replace(first_idx=0), a._replace(first_idx=b.first_idx)
    assert "root" in log.checks()


def test_a_tampered_or_missing_tile_is_found() -> None:
    """A tile's hashes, its root, or its absence: the tile check names it, and nothing else fails."""
    hashes, root = honest().tiles[0, 0]
    for stored in ((bytes(32) + hashes[32:], root), (hashes, bytes(32)), (hashes[:-32], root), None):
        log = honest()
        if stored is None:
            del log.tiles[0, 0]
        else:
            log.tiles[0, 0] = stored
        assert log.checks() == {"tile"}


def test_higher_tiles_are_checked() -> None:
    """A tile of level 1 is recomputed from 65,536 entries' hashes."""
    log = MemoryLog()
    log.add(1, 65_536 + 300)
    log.sign()
    assert log.checks() == set()
    hashes, root = log.tiles[1, 0]
    log.tiles[1, 0] = (hashes[:-32] + bytes(32), root)
    assert list(log.verify().lines()) == ["FAIL tile: tile 1/0 differs at 255 of its level"]


def test_an_edited_checkpoint_is_found() -> None:
    """Another root, size, note or prev of a stored checkpoint fails the signature, the root or the chain."""
    log = honest()
    log.replace_checkpoint(3, root=bytes(32))
    assert log.checks() == {"signature", "root"}
    log = honest()
    note = log.checkpoints[3].note
    log.replace_checkpoint(3, note=note.replace(b"\n164\n", b"\n165\n"))
    assert log.checks() == {"signature"}
    log = honest()
    log.replace_checkpoint(3, note=b"\xff")
    assert log.checks() == {"signature"}
    log = honest()
    log.replace_checkpoint(3, prev=7)
    assert log.checks() == {"prev-chain"}


def test_a_deleted_checkpoint_breaks_the_chain() -> None:
    """Every checkpoint names the one before, so that none can be dropped from the middle."""
    log = honest()
    del log.checkpoints[4]
    assert log.checks() == {"prev-chain"}


def test_a_checkpoint_by_a_stranger_is_found() -> None:
    """A checkpoint of the same tree signed by another key is not one."""
    log = honest()
    stranger = pair(seed=7)
    head = Checkpoint(ORIGIN, log.checkpoints[2].size, log.checkpoints[2].root)
    log.replace_checkpoint(2, note=sign_checkpoint(head, stranger))
    assert log.checks() == {"signature"}


def test_a_back_dated_entry_is_outside_its_window() -> None:
    """An insider with every key who writes an entry for last week: its time does not fit its checkpoint."""
    log = honest()
    log.add(4, ts=START - 7 * 86_400 * SECOND)
    log.sign()
    assert log.checks() == {"entry-time"}


def test_an_entry_of_the_future_is_outside_its_window() -> None:
    """Nor can an entry be younger than its checkpoint by more than the skew."""
    log = honest()
    log.add(4, ts=log.now + 6 * SECOND)
    log.sign()
    assert log.checks() == {"entry-time"}
    assert log.verify(limits=Limits(skew=10 * SECOND)).counts.keys() == set()


def test_a_back_dated_checkpoint_time_is_found() -> None:
    """The stored time of a checkpoint can neither go back nor be moved past its witnesses' cosignatures."""
    log = honest()
    log.replace_checkpoint(4, ts=START - SECOND)
    assert "checkpoint-time" in log.checks()
    log = honest()
    log.replace_checkpoint(7, ts=START + 3600 * SECOND)
    assert "checkpoint-time" in log.checks()


def outage(log: MemoryLog, told: Mapping[str, object] | None) -> None:
    """Entries that waited ten minutes for the sequencer, with or without its explanation."""
    last = log.now - SECOND
    log.add(1, 5, ts=log.now)
    log.now += 600 * SECOND
    if told is not None:
        detail = canonical({"from": last, "to": log.now, **told}).decode()
        log.add(3, action="sys.late", outcome="succeeded", report=None, net=None, detail=detail)
    log.sign()


def test_a_sequencer_outage_must_be_explained() -> None:
    """Late entries and the silence before them are findings, unless a sys.late of that moment covers them."""
    log = honest()
    outage(log, None)
    assert log.checks() == {"entry-time", "silence"}
    log = honest()
    outage(log, {})
    assert log.checks() == set()


def test_an_explanation_covers_only_what_it_names() -> None:
    """A sys.late for other times, one that can not be read, or one given long after explains nothing."""
    for told in ({"from": START + 3600 * SECOND}, {"to": START}, {"from": "x"}):
        log = honest()
        outage(log, told)
        assert log.checks() == {"entry-time", "silence"}
    log = honest()
    log.add(3, action="sys.late", outcome="succeeded", detail='{"from":Infinity,"to":1}')
    log.add(3, action="sys.late", outcome="succeeded", detail="[[")
    log.sign()
    assert log.checks() == {"entry-time"}
    log = honest()
    outage(log, None)
    log.now += 80 * SECOND
    detail = canonical({"from": START, "to": log.now}).decode()
    log.add(3, action="sys.late", outcome="succeeded", detail=detail)
    log.sign()
    assert log.checks() == {"entry-time", "silence"}


def test_missing_time_is_found() -> None:
    """A log that is silent for longer than its heartbeat allows, in the middle or at the end, is a finding."""
    log = honest()
    log.now += 200 * SECOND
    log.add(1)
    log.sign()
    assert log.checks() == {"silence"}
    log = honest()
    assert set(log.verify(now=log.now + 3600 * SECOND).counts) == {"silence"}


def test_a_truncated_log_is_shorter_than_its_anchor() -> None:
    """A log cut below a checkpoint that somebody kept, or an old backup, is caught by that anchor."""
    log = honest()
    anchor = log.checkpoints[6].note
    del log.checkpoints[5:]
    del log.runs[15:]
    assert log.checks() == set()
    assert log.checks(anchor) == {"anchor"}


def test_truncation_after_the_last_anchor_is_not_found() -> None:
    """What nobody outside has seen can be cut off unseen: the documentation says so, anchors every minute bound it."""
    log = honest()
    anchor = log.checkpoints[3].note
    del log.checkpoints[5:]
    del log.runs[15:]
    assert log.checks(anchor) == set()


def rewritten() -> MemoryLog:
    """The honest log again, with one other entry, signed with the real key (stolen key and database)."""
    log = MemoryLog()
    for number in range(8):
        log.add(1, 20, **({"outcome": "refused"} if number == 2 else {}))
        log.add(2, 20)
        log.add(3, action="sys.heartbeat", outcome="succeeded", report=None, net=None, detail=None)
        log.sign()
        log.now += SECOND
    return log


def test_a_rewrite_with_the_stolen_key_is_a_fork() -> None:
    """A rewrite before an anchor is a fork, also when the anchor's own checkpoint row was removed."""
    anchor = honest().checkpoints[5].note
    log = rewritten()
    assert log.checks() == set()
    assert log.checks(anchor) == {"anchor"}
    assert "FORK" in "\n".join(log.verify(anchor).lines())
    gone = log.checkpoints.pop(5)
    log.replace_checkpoint(5, prev=gone.prev)
    assert log.checks(anchor) == {"anchor"}


def test_a_rewrite_after_the_last_anchor_is_not_found() -> None:
    """With key and database and no anchor after it, a rewrite passes: the documentation says so."""
    assert rewritten().checks(honest().checkpoints[1].note) == set()


def test_good_anchors_are_met_at_any_size() -> None:
    """Anchors are met also between stored checkpoints; an anchor that is no checkpoint of ours is itself a finding."""
    log = honest()
    notes = [row.note for row in log.checkpoints]
    dropped = log.checkpoints.pop(4)
    log.replace_checkpoint(4, prev=dropped.prev)
    report = log.verify(*notes)
    assert (report.anchors, report.counts) == (8, {})
    assert log.checks(b"junk") == {"anchor"}


def test_a_key_signs_only_the_sizes_it_is_valid_for() -> None:
    """A retired key is rejected beyond its to_size; during rotation both sign."""
    log = honest()
    log.signers.append(pair(seed=3))
    log.add(1)
    log.sign()
    log.signers = log.signers[1:]
    log.add(1)
    log.sign()
    both = (Log(KEY, to_size=330), Log(pair(seed=3)[0], from_size=329))
    assert log.checks(policy=replace(POLICY, logs=both)) == set()
    log.signers = [(KEY, SIGN)]
    log.add(1)
    log.sign()
    assert log.checks(policy=replace(POLICY, logs=both)) == {"signature"}


def test_erasing_the_restricted_part_changes_nothing() -> None:
    """After the retention limit net, detail and salt go; the log still verifies."""
    log = honest()
    for place, row in log.rows.items():
        log.rows[place] = to_row(erase(from_row(row)))
    assert log.checks() == set()


@pytest.mark.parametrize("start", [41, 82, 287])
def test_a_pruned_log_verifies_from_its_minimum_index(start: int) -> None:
    """With the partial tiles at the minimum index the rest is verified as before, and tampering there is found."""
    log = honest()
    report = verify_log(
        log.pruned(start), POLICY, check, anchors=[log.checkpoints[0].note, log.checkpoints[-1].note]
    )
    assert (list(report.lines()), report.size, report.root) == ([], 328, log.builder.root())
    source = log.pruned(start)
    log.replace_row(1, 150, outcome=5)
    tampered = replace(source, entries=list(log.entries())[start:])
    assert set(verify_log(tampered, POLICY, check).counts) == {"root"}


def test_many_findings_are_counted_not_listed() -> None:
    """A log damaged everywhere gives a short report with exact counts."""
    log = honest()
    for place in list(log.rows)[:100]:
        del log.rows[place]
    report = log.verify()
    assert report.counts["entry-missing"] == 100
    assert "FAIL entry-missing: and 80 more" in list(report.lines())


def test_progress_is_told() -> None:
    """The size reached is told after every checkpoint."""
    seen: list[int] = []
    verify_log(honest().source(), POLICY, check, progress=seen.append)
    assert seen == [41 * i for i in range(1, 9)]


JUNK = st.integers(-5, 400) | st.binary(max_size=40) | st.text(max_size=5) | st.none() | st.floats()


@given(st.data())
def test_the_verifier_never_raises_whatever_the_rows(data: st.DataObject) -> None:
    """Arbitrary damage to rows, notes and tiles gives findings, never an exception."""
    log = honest(3, 3)
    place = data.draw(st.sampled_from(sorted(log.rows)))
    column = data.draw(st.sampled_from(Row._fields[2:11]))
    log.replace_row(*place, **{column: data.draw(JUNK)})  # type: ignore[arg-type]
    log.replace_checkpoint(1, note=data.draw(st.binary(max_size=200)), root=data.draw(st.binary(max_size=40)))
    log.tiles[0, 0] = (data.draw(st.binary(max_size=40)), b"")
    assert "signature" in log.verify().counts


def test_policy_without_our_log_accepts_nothing() -> None:
    """A log that the policy does not name has no valid checkpoint."""
    assert honest().checks(policy=Policy()) == {"signature"}
