"""The MAC chain of a lane and what the sequencer makes of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lookup.ledger.entry import Row, body_of_row, leaf_hash
from lookup.ledger.lane import Alarm, AlarmKind, LaneState, Run, check_run, derive_key, hmac_sha256, mac
from tests.ledger.keys import lane_rows

KEY = derive_key(b"m" * 32, 1, b"boot")
START = LaneState(1, KEY)


def alarm(rows: list[Row], state: LaneState = START) -> Alarm:
    found = check_run(state, rows)
    assert isinstance(found, Alarm)
    return found


def run(rows: list[Row], state: LaneState = START, *, more: bool = False) -> Run:
    found = check_run(state, rows, more=more)
    assert isinstance(found, Run)
    return found


def test_key_derivation_is_hkdf() -> None:
    """K_w is RFC 5869 HKDF-SHA256 (checked against the library) and differs per writer, boot and epoch."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"lookup-lane-v1\0" + (7).to_bytes(8, "big") + b"nonce"
    assert derive_key(b"s" * 32, 7, b"nonce") == HKDF(SHA256(), 32, None, info).derive(b"s" * 32)
    keys = {derive_key(m, w, b) for m in (b"1", b"2") for w in (1, 2) for b in (b"x", b"y")}
    assert len(keys) == 8


@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 20))
def test_honest_rows_are_a_run_however_they_are_cut(count: int, batch: int, limit: int) -> None:
    """Whatever the transactions and the reading limit, an honest lane is read whole, in order, without alarm."""
    rows = lane_rows(KEY, count, batch=batch)
    leaves: list[bytes] = []
    state, size = START, limit
    while state.seq < count:
        part = rows[state.seq : state.seq + size]
        found = run(part, state, more=state.seq + len(part) < count)
        size = limit if found.leaves else size + batch
        leaves += found.leaves
        state = found.state
    assert leaves == [leaf_hash(body_of_row(row)) for row in rows]
    assert state.mac == rows[-1].mac


def test_run_tells_its_place_and_times() -> None:
    """A run names its writer, first number, and oldest and newest time."""
    rows = lane_rows(KEY, 3)
    found = run(rows)
    assert (found.writer, found.first_seq, found.first_ts, found.last_ts) == (1, 1, rows[0].ts, rows[2].ts)


def test_a_missing_repeated_or_strange_number_is_a_gap() -> None:
    """Density is checked: a hole, a repetition, a swap and another lane's row are each an alarm at the right place."""
    rows = lane_rows(KEY, 4)
    assert alarm([rows[0], rows[2]]) == Alarm(1, AlarmKind.GAP, 2, 3, 1)
    assert alarm([rows[0], rows[0]]) == Alarm(1, AlarmKind.GAP, 2, 1, 1)
    assert alarm([rows[1], rows[0]]).kind is AlarmKind.GAP
    assert alarm([rows[0]._replace(writer=2)]).kind is AlarmKind.GAP


def test_a_changed_or_forged_row_breaks_the_chain() -> None:
    """A change before integration, or an entry made without the lane's key, fails the MAC."""
    rows = lane_rows(KEY, 3)
    rows[1] = rows[1]._replace(outcome=2)
    assert alarm(rows) == Alarm(1, AlarmKind.MAC, 2, 2, 1)
    forged = lane_rows(KEY, 1)[0]._replace(mac=hmac_sha256(b"guess", b"x"))
    assert alarm([forged]).kind is AlarmKind.MAC
    assert alarm([forged._replace(mac=forged.mac.hex())]).kind is AlarmKind.MAC  # type: ignore[arg-type, union-attr]


def whole(rows: list[Row], batch: int, link: bytes) -> list[Row]:
    """The same rows as they were sealed before MACs were cut to 16 bytes."""
    sealed = []
    for row in rows:
        link = hmac_sha256(KEY, link + body_of_row(row))
        sealed.append(row._replace(mac=link if row.seq % batch == 0 else None))
    return sealed


@given(st.integers(0, 3), st.integers(1, 4))
def test_whole_macs_of_before_still_verify(old: int, batch: int) -> None:
    """Transactions with a MAC of 32 bytes are read as before, and the chain goes on from it as it is stored."""
    rows = lane_rows(KEY, 16, batch=batch)
    before = whole(rows[: old * batch], batch, START.mac)
    link, after = before[-1].mac if before else START.mac, rows[old * batch :]
    for place, row in enumerate(after):
        link = mac(KEY, link or b"", body_of_row(row))
        after[place] = row._replace(mac=link if row.mac else None)
    found = run(before + after)
    assert (len(found.leaves), found.state.mac, len(found.state.mac)) == (16, link, 16)


def test_a_mac_is_16_or_32_bytes_and_nothing_else() -> None:
    """Whatever its beginning, a MAC of another size is an alarm, and so is one cut in the middle of a lane."""
    (row,), old = lane_rows(KEY, 1), whole(lane_rows(KEY, 3), 1, START.mac)
    longest = hmac_sha256(KEY, START.mac + body_of_row(row)) + bytes(8)
    sizes = [
        size for size in range(41) if isinstance(check_run(START, [row._replace(mac=longest[:size])]), Run)
    ]
    assert sizes == [16, 32]
    cut = [old[0], old[1]._replace(mac=(old[1].mac or b"")[:16]), old[2]]
    assert alarm(cut) == Alarm(1, AlarmKind.MAC, 3, 3, 2)


def test_a_change_inside_a_transaction_is_found_at_its_seal() -> None:
    """Rows without a MAC of their own are covered by the MAC of the transaction's last row."""
    rows = lane_rows(KEY, 4, batch=2)
    rows[2] = rows[2]._replace(ts=1)
    assert alarm(rows) == Alarm(1, AlarmKind.MAC, 3, 4, 2)
    assert len(run(rows[:2]).leaves) == 2


def test_a_transaction_without_its_last_row_is_unsealed() -> None:
    """Deleting the end of the last transaction is an alarm, unless the reading was cut by its own limit."""
    rows = lane_rows(KEY, 4, batch=2)[:3]
    assert alarm(rows) == Alarm(1, AlarmKind.UNSEALED, 3, 3, 2)
    assert run(rows, more=True).state.seq == 2


def test_a_row_no_writer_can_have_written_is_malformed() -> None:
    """An unknown code is an alarm of that lane and not an exception of the sequencer."""
    assert alarm([lane_rows(KEY, 1)[0]._replace(action=999)]).kind is AlarmKind.MALFORMED


def test_chain_starts_at_the_genesis() -> None:
    """The first MAC is over 32 zero bytes and the first body, and is cut to 16 bytes."""
    row = lane_rows(KEY, 1)[0]
    assert row.mac == hmac_sha256(KEY, bytes(32) + body_of_row(row))[:16]


def test_deleting_the_end_of_a_living_lane_is_a_gap_at_its_next_batch() -> None:
    """A writer's last batch is deleted before integration; the writer goes on, and its next number gives it away."""
    rows = lane_rows(KEY, 6, batch=2)
    assert alarm([*rows[:2], *rows[4:]]) == Alarm(1, AlarmKind.GAP, 3, 5, 2)


def test_deleting_the_end_of_a_crashed_lane_is_not_found() -> None:
    """The same when the writer never writes again passes: only who holds the answer can tell, and the docs say so."""
    rows = lane_rows(KEY, 6, batch=2)
    assert len(run(rows[:4]).leaves) == 4
