"""The coarse limit of each view per network, with counters in this process, in a Redis, or beside a dead one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from lookup.web.limits import limit

DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """A moment that does not pass by itself."""
    with time_machine.travel("2026-03-02T12:00:00+08:00", tick=False) as clock:
        yield clock


def browser(storage: str, default: str = "3 per minute") -> FlaskClient:
    """A browser at two limited views."""
    app = Flask("tests.limited")
    app.add_url_rule("/", endpoint="one", view_func=lambda: "one")
    app.add_url_rule("/two", endpoint="two", view_func=lambda: "two")
    limit(app, storage, default)
    return app.test_client()


def ask(client: FlaskClient, times: int, path: str = "/", address: str = "192.0.2.7") -> list[int]:
    """The statuses of that many requests from an address."""
    return [client.get(path, environ_base={"REMOTE_ADDR": address}).status_code for _ in range(times)]


@pytest.mark.parametrize("storage", ["memory://", DEAD])
def test_each_view_allows_its_limit_to_each_network(noon: time_machine.Traveller, storage: str) -> None:
    """Exactly the limit is allowed, a refusal is not counted, other views and networks have counters of their own."""
    client = browser(storage)
    assert ask(client, 5) == [200, 200, 200, 429, 429]
    assert ask(client, 4, "/two") == [200, 200, 200, 429]
    assert ask(client, 1, address="198.51.100.7") == [200]
    noon.shift(120)
    assert ask(client, 4) == [200, 200, 200, 429]


def test_processes_share_a_redis(valkey_url: str, noon: time_machine.Traveller) -> None:
    """What one process counted counts in the other."""
    one, other = browser(valkey_url), browser(valkey_url)
    assert ask(one, 2) + ask(other, 2) == [200, 200, 200, 429]


def test_what_does_not_exist_is_not_limited(noon: time_machine.Traveller) -> None:
    """An address without a view is 404 however often it is asked for."""
    assert ask(browser("memory://"), 5, "/nothing") == [404] * 5
