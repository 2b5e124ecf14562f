"""Opening reports: what is read and its entry are one, alone and in groups."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from lookup.domain.reference import report_token
from lookup.ledger.entry import Row, read_detail
from lookup.storage import incidents
from lookup.storage.database import Database
from lookup.storage.lanes import Draft
from lookup.storage.releasing import Wish, _release, release
from tests.storage.test_lanes import checked, rows_of
from tests.support import contexts
from tests.support.contexts import PEN
from tests.support.reports import push_story

NUMBERS = [f"3699022603020915{n:04}" for n in range(1, 7)]
TOKENS = [report_token(contexts.key(5), number) for number in NUMBERS]


@pytest.fixture
def filled(database: Database) -> Database:
    """Six reports."""
    for number in NUMBERS:
        push_story(contexts.push(database), number)
    return database


def wish(token: bytes, generation: int = 1, pass_id: bytes = bytes(16)) -> Wish:
    """Opening a report."""
    return Wish(
        token, generation, pass_id, "T1", Draft("lookup.open", "released", token, token, "192.0.2.0/24")
    )


def entries(database: Database) -> list[tuple[bytes, int, int]]:
    """Report, lane and number of every entry of an opened report."""
    with database.read() as conn:
        found = conn.execute(
            text("SELECT report, writer, seq FROM audit_entry WHERE action = 2 ORDER BY writer, seq")
        )
        return [(bytes(row.report), row.writer, row.seq) for row in found]


def test_a_group_reads_each_report_and_leaves_each_entry(filled: Database) -> None:
    """Alone or together: each gets its own report, its entry is at the place it is told, and the lane holds."""
    for group in (TOKENS[:1], TOKENS, TOKENS[::-1], TOKENS[2:4]):
        answers = _release(filled, PEN, [wish(token) for token in group])
        numbers = dict(zip(TOKENS, NUMBERS, strict=True))
        assert [answer and answer[0].number for answer in answers] == [numbers[token] for token in group]
        places = [(token, a[1].writer, a[1].seq) for token, a in zip(group, answers, strict=True) if a]
        assert set(places) <= set(entries(filled))
    assert len(entries(filled)) == 15
    assert all(checked(filled, writer).state.seq for writer in {writer for _, writer, _ in entries(filled)})


def test_what_may_not_be_shown_leaves_no_entry_and_no_hole(filled: Database) -> None:
    """A revoked pass, an older generation, a withheld and an unknown report among good ones: only these are written."""
    spent = b"s" * 16
    with filled.write() as conn:
        conn.execute(text("INSERT INTO spent (id, expires) VALUES (:id, 1)"), {"id": spent})
        conn.execute(
            text("UPDATE incident SET withheld = :yes WHERE token = :token"),
            {"yes": True, "token": TOKENS[1]},
        )
        assert incidents.raise_generation(conn, NUMBERS[2]) == 2
    bad = [wish(TOKENS[0], pass_id=spent), wish(TOKENS[1]), wish(TOKENS[2]), wish(b"u" * 16)]
    good = [wish(TOKENS[2], 2), wish(TOKENS[3])]
    answers = _release(filled, PEN, [bad[0], good[0], bad[1], bad[2], good[1], bad[3]])
    assert [answer is not None for answer in answers] == [False, True, False, False, True, False]
    assert [_release(filled, PEN, [each]) for each in bad] == [[None]] * 4
    assert _release(filled, PEN, bad) == [None] * 4
    assert [report for report, _, _ in entries(filled)] == [TOKENS[2], TOKENS[3]]
    assert checked(filled, entries(filled)[0][1]).state.seq == entries(filled)[-1][2]


def test_many_threads_share_and_none_is_lost(filled: Database) -> None:
    """Every answer of twelve threads has its own entry, and every lane is dense and sealed."""
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda n: release(filled, PEN, wish(TOKENS[n % 6])), range(120)))
    places = {(a[1].writer, a[1].seq) for a in answers if a}
    assert places == {(writer, seq) for _, writer, seq in entries(filled)}
    assert len(places) == 120
    assert all(checked(filled, writer).state.seq for writer, _ in places)


def test_when_the_entry_can_not_be_written_the_lane_ends_and_nothing_is_answered(filled: Database) -> None:
    """Alone and in a group the failure is raised; afterwards a new lane goes on."""
    first = release(filled, PEN, wish(TOKENS[0]))
    for size in (1, 3):
        with filled.write() as conn:
            conn.execute(text("ALTER TABLE audit_entry RENAME TO elsewhere"))
        with pytest.raises(Exception, match="audit_entry"):
            _release(filled, PEN, [wish(token) for token in TOKENS[:size]])
        with filled.write() as conn:
            conn.execute(text("ALTER TABLE elsewhere RENAME TO audit_entry"))
    second = release(filled, PEN, wish(TOKENS[0]))
    assert first is not None
    assert second is not None
    assert checked(filled, second[1].writer).state.seq >= 1
    assert len(entries(filled)) == 2


def test_a_group_keeps_every_text_as_it_was_said(filled: Database) -> None:
    """Quotes, backslashes, braces, other scripts, no text and the word NULL come back, and the seal holds."""
    nets = ['a"b\\c', "{1,2}", "NULL", "", "云,溪", None]
    details = [{"tier": text} for text in ('q"\\', "NULL", "{\0}\n", "云")]
    drafts = [
        Draft("lookup.open", "released", token, token, net, detail)
        for token, net, detail in zip(TOKENS, nets, [*details, None, {}], strict=True)
    ]
    together = [wish(token)._replace(draft=draft) for token, draft in zip(TOKENS, drafts, strict=True)]
    writer = next(answer[1].writer for answer in _release(filled, PEN, together) if answer)
    rows = [Row(*row) for row in rows_of(filled, writer)[-6:]]  # type: ignore[arg-type]
    assert [row.net for row in rows] == nets
    assert [read_detail(row.detail) for row in rows] == [*details, {}, {}]
    assert checked(filled, writer).state.seq == rows[-1].seq


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_groups_of_every_size_use_one_kept_plan(filled: Database) -> None:
    """However many wishes a group has, PostgreSQL plans its statement a few times and then no more."""
    for size in (2, 2, 2, 3, 2, 2, 2, 2, 2, 6, 2, 6, 3, 2, 2):
        assert all(_release(filled, PEN, [wish(token) for token in TOKENS[:size]]))
    with filled.read() as conn:
        plans = text(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%unnest%'"
        )
        planned, kept = conn.execute(plans).one()
    assert planned == 5
    assert kept >= 4
