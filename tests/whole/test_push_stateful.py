"""Pushes, corrections, retractions, refusals, mending and replays in any order, against a model of dictionaries.

LOOKUP_TEST_STORIES sets how many random stories are told (by hand: 500 or more); docs/bench.md.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from lookup.services import register_client
from lookup.services.register_client import Scope
from lookup.services.replay_quarantine import Actor, close, replay
from lookup.web.push.arriving import reader
from tests.support import databases
from tests.support.push_model import STATES, Lying, Model, Sent, told
from tests.support.pushing import BATCH, LINES, Desk, dump, later
from tests.support.shelves import acts, items

STORIES = int(os.environ.get("LOOKUP_TEST_STORIES", "8"))
STEPS = 25
OPERATOR = Actor(b"o" * 16)
INCIDENTS, ATTEMPTS = st.integers(0, 1), st.sampled_from(["good", "good", "other", "bad"])


class Story(RuleBasedStateMachine):
    """One random story; ids and incident numbers are its own, so that all stories share one database."""

    desk: Desk
    number = 0

    def __init__(self) -> None:
        """Begin with an empty model and the whole scope."""
        super().__init__()
        Story.number += 1
        self.name, self.model = f"s{Story.number}", Model()
        self.earlier = {item.id for item in items(self.desk.context.database)}
        self.acts_before = len(acts(self.desk.context.database))
        self._scope(True)

    @rule(incident=INCIDENTS, step=st.integers(0, 3), attempt=ATTEMPTS)
    def push(self, incident: int, step: int, attempt: str) -> None:
        """One step of an incident: as it should be, with another time, or with a state that does not exist."""
        self._send([self._step(incident, step, attempt)])

    @rule(
        batch=st.lists(st.tuples(INCIDENTS, st.integers(0, 3), ATTEMPTS), min_size=2, max_size=5),
        media=st.sampled_from([BATCH, LINES]),
    )
    def push_many(self, batch: list[tuple[int, int, str]], media: str) -> None:
        """Several at once, the same one twice included."""
        self._send([self._step(*each) for each in batch], media)

    @rule(junk=st.integers(0, 1))
    def push_what_no_one_can_read(self, junk: int) -> None:
        """A line that is no JSON."""
        body = f"{{{self.name}-{junk}".encode()
        id_ = "sha256:" + hashlib.sha256(body).hexdigest()
        self._send([(Sent(id_, id_, "unreadable"), body)], LINES)

    @precondition(lambda self: self.model.lying)
    @rule(data=st.data(), incident=INCIDENTS, step=st.integers(0, 3))
    def mend(self, data: st.DataObject, incident: int, step: int) -> None:
        """A lawful step under an id of its own that supersedes something refused, or something long settled."""
        item = data.draw(st.sampled_from(self.model.lying))
        sent, body = self._step(incident, step, "good")
        id_ = f"{sent.id}-for-{self.model.lying.index(item)}"
        mending = sent._replace(id=id_, content=id_, supersedes=item.sent.id)
        self._send([(mending, body | {"id": id_, "supersedes": item.sent.id})])

    @precondition(lambda self: self.model.lying)
    @rule(data=st.data())
    def supersede_nothing(self, data: st.DataObject) -> None:
        """What names an id that was never refused is refused itself."""
        incident, step = data.draw(INCIDENTS), data.draw(st.integers(0, 3))
        sent, body = self._step(incident, step, "good")
        id_ = f"{sent.id}-for-nothing"
        self._send(
            [
                (
                    sent._replace(id=id_, content=id_, supersedes="nothing"),
                    body | {"id": id_, "supersedes": "nothing"},
                )
            ]
        )

    @rule(incident=INCIDENTS, step=st.integers(0, 3), kind=st.sampled_from(["correction", "retraction"]))
    def amend(self, incident: int, step: int, kind: str) -> None:
        """The last taken event of a step was wrong, or never happened."""
        known = [s for s, _ in self.model.taken.values() if (s.incident, s.step) == (incident, step)]
        if not known or known[-1].kind != "step" or len([s for s in known if s.kind == "step"]) > 1:
            return
        id_ = f"{known[0].id}-{kind}"
        body = later(
            id_, STATES[step], 10 * step + 1, type=f"lookup.{kind}", subject=self._subject(incident),
            data__replaces={"source": "urn:yunxi:110", "id": known[0].id}, data__reason="entry_error",
            data__approver="A1", data__to=STATES[step] if kind == "correction" else None,
        )  # fmt: skip
        self._send([(Sent(id_, id_, kind, incident, step, target=known[0].id), body)])

    @rule(open_=st.booleans())
    def change_scope(self, open_: bool) -> None:
        """The client loses the right to speak for its unit, or has it again."""
        self._scope(open_)

    @precondition(lambda self: self.model.lying)
    @rule(data=st.data(), some=st.booleans())
    def replay(self, data: st.DataObject, some: bool) -> None:
        """Judge one again, or everything that is open."""
        chosen = [item for item in self.model.lying if item.state == "open"]
        if some:
            chosen = [data.draw(st.sampled_from(self.model.lying))]
        if self.model.doubles([item.sent for item in chosen]):
            return
        ids = [self._item(item) for item in chosen]
        done = replay(self.desk.context, OPERATOR, ids, reader(r"[0-9]{20}"))
        assert [each.outcome for each in done] == self.model.replay(chosen)

    @precondition(lambda self: self.model.lying)
    @rule(data=st.data(), act=st.sampled_from(["close", "withdraw"]))
    def give_up(self, data: st.DataObject, act: str) -> None:
        """A supervisor closes one, or its source withdraws it."""
        item = data.draw(st.sampled_from(self.model.lying))
        if act == "close":
            close(self.desk.context, OPERATOR, self._item(item), "test_data")
        else:
            path = f"/v1/quarantine/{self._item(item)}"
            how = self.desk.signing(covered=("@method", "@target-uri"))
            assert self.desk.web.delete(path, headers=how.headers("DELETE", path, "", b"")).status_code == 200
        if item.state == "open" or act == "withdraw":
            self.model.acts.append(act)
        if item.state == "open":
            item.state = "closed" if act == "close" else "withdrawn"

    @invariant()
    def the_service_holds_what_the_model_holds(self) -> None:
        """Events, refused events with rule and state, the reached state of each incident, and the entries."""
        database = self.desk.context.database
        mine = [item for item in items(database) if item.id not in self.earlier]
        assert [(i.event, i.rule, i.state, i.settled) for i in mine] == told(self.model)
        with database.read() as conn:
            query = text("SELECT id FROM event WHERE id LIKE :mine")
            assert set(conn.execute(query, {"mine": f"{self.name}-%"}).scalars()) == set(self.model.taken)
            stories = {
                incident: conn.execute(
                    text("SELECT story FROM incident WHERE number = :n"), {"n": self._subject(incident)}
                ).scalar()
                for incident in (0, 1)
            }
        reached = {n: json.loads(story)["state"] or "" if story else "" for n, story in stories.items()}
        assert reached == {n: self.model.state(n) for n in (0, 1)}
        assert sorted(str(a["act"]) for a in acts(database)[self.acts_before :]) == sorted(self.model.acts)

    def _subject(self, incident: int) -> str:
        hour, rest = divmod(Story.number, 3600)
        return f"369901260302{8 + hour:02}{rest // 60:02}{rest % 60:02}{incident:02}"

    def _step(self, incident: int, step: int, attempt: str) -> tuple[Sent, dict[str, Any]]:
        id_ = f"{self.name}-{incident}-{step}"
        body = later(id_, STATES[step], 10 * step, subject=self._subject(incident))
        if step:
            body["data"]["from"] = STATES[step - 1]
        if attempt == "other":
            body["data"]["entered_at"] = "2026-03-02T09:30:00+08:00"
        if attempt == "bad":
            body["data"]["to"] = "Z99"
        return Sent(id_, f"{id_} {attempt}", "bad" if attempt == "bad" else "step", incident, step), body

    def _send(self, sent: list[tuple[Sent, Any]], media: str = BATCH) -> None:
        if self.model.doubles([known for known, _ in sent]):
            return
        bodies = [body for _, body in sent]
        raw: object = bodies
        if media == LINES:
            raw = b"\n".join(body if isinstance(body, bytes) else dump(body) for body in bodies)
        response = self.desk.send(raw, media)
        assert response.status_code == 200
        results = (
            response.get_json()["results"]
            if media == BATCH
            else list(map(json.loads, response.data.splitlines()))
        )
        assert [result["outcome"] for result in results] == self.model.push([known for known, _ in sent])
        for (known, _), result in zip(sent, results, strict=True):
            if result["outcome"] == "duplicate":
                assert result["first"] == self.model.taken[known.id][1]

    def _item(self, item: Lying) -> int:
        mine = [each for each in items(self.desk.context.database) if each.id not in self.earlier]
        return mine[self.model.lying.index(item)].id

    def _scope(self, open_: bool) -> None:
        self.model.open_scope = open_
        scope = Scope(("3699",) if open_ else ("3698",))
        register_client.rescope(self.desk.context, "tester", "yunxi", scope)


def test_any_story_of_pushes_ends_as_the_model_says(tmp_path: Path) -> None:
    """Whatever is sent, refused, mended, replayed, closed and withdrawn: service and model agree at each step."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        Story.desk = Desk(database)
        run_state_machine_as_test(
            Story,
            settings=settings(
                max_examples=STORIES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert Story.number > 0
