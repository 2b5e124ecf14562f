"""Who dealt with a refused event: told on its page, with the entry of the act, which leads back."""

from __future__ import annotations

import re

from lookup.services import register_client
from lookup.services.register_client import Scope
from tests.support.pushing import Desk, event
from tests.support.rooms import Room, text_of
from tests.support.shelves import items
from tests.web.console.test_quarantine import Bench
from tests.web.console.test_quarantine import bench as bench


def entry_of_act(bench: Bench, item: int) -> str:
    """The address of the entry that an item's page names."""
    page = bench.page(f"/quarantine/{item}")
    found = re.search(r'<a href="(/entries/[0-9-]+)">这次操作的审计记录</a>', page)
    assert found is not None
    return found[1]


def test_who_closed_or_replayed_one_is_told_and_linked_both_ways(bench: Bench) -> None:
    """The operator and the entry of the very act; the entry and the list of entries lead back to the item."""
    register_client.rescope(bench.desk.context, "tester", "yunxi", Scope(("3699",)))
    first, second, _third = (item.id for item in items(bench.database))
    bench.post(f"/quarantine/{second}/replay")
    bench.post(f"/quarantine/{first}/replay")
    bench.post(f"/quarantine/{second}/close", reason="test_data")
    for item, act in ((first, "重放"), (second, "关闭")):
        assert re.search(r"<dt>操作人</dt><dd>lin.dudao<br>", bench.page(f"/quarantine/{item}"))
        link = entry_of_act(bench, item)
        page = bench.page(link)
        assert f'<dd class="num">{act}</dd>' in page
        assert f'<a href="/quarantine/{item}">{item}</a>' in page
    assert f'<a href="/quarantine/{first}">{first}</a>' in bench.page("/entries?action=push.quarantine")


def test_what_a_source_settled_names_the_source(bench: Bench) -> None:
    """A mended event of the source ended it, so the source is who acted."""
    register_client.rescope(bench.desk.context, "tester", "yunxi", Scope(("3699",)))
    second = items(bench.database)[1].id
    assert bench.desk.send(event("e-2")).status_code == 200
    assert re.search(r"<dt>操作人</dt><dd>云溪市110<br>", bench.page(f"/quarantine/{second}"))
    assert f'<a href="/quarantine/{second}">' in bench.page(entry_of_act(bench, second))


def test_an_open_one_names_nobody(bench: Bench) -> None:
    """Judged again and refused again, it has not ended."""
    second = items(bench.database)[1].id
    assert "这次操作的审计记录" not in bench.post(f"/quarantine/{second}/replay").get_data(as_text=True)


def test_the_console_may_read_what_it_tells(room: Room) -> None:
    """The console's own role suffices."""
    desk: Desk = room.desk
    desk.send(event(data__to="Z99"))
    desk.send(event())
    (item,) = items(desk.context.database)
    assert "操作人 云溪市110" in text_of(room.supervisor(), f"/quarantine/{item.id}")
