"""Who is calling: proxies believed only as configured, forms of other sites told from our own."""

from __future__ import annotations

import pytest
from flask import Flask

from lookup.web.network import address, foreign, network, trust_proxies


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://lookup.test"}, True),
        ({"Origin": "http://lookup.test"}, False),
        ({"Origin": "https://lookup.test"}, False),
        ({"Origin": "http://lookup.test.evil.test"}, True),
        ({"Origin": "http://evil.test"}, True),
        ({"Origin": "null"}, True),
    ],
)
def test_a_request_of_another_site_is_foreign(headers: dict[str, str], expected: bool) -> None:
    """Sec-Fetch-Site decides where the browser sends it, else Origin; programs send neither and are not foreign."""
    with Flask(__name__).test_request_context("/", base_url="http://lookup.test", headers=headers):
        assert foreign() is expected


@pytest.mark.parametrize(
    ("hops", "expected"), [(0, "192.0.2.7"), (1, "203.0.113.9"), (2, "198.51.100.5"), (3, "192.0.2.7")]
)
def test_only_the_configured_proxies_are_believed(hops: int, expected: str) -> None:
    """Each trusted proxy uncovers one more address of X-Forwarded-For; what a client wrote before them never counts."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=address)
    trust_proxies(app, hops)
    forwarded = {"X-Forwarded-For": "198.51.100.5, 203.0.113.9"}
    answer = app.test_client().get("/", headers=forwarded, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.text == expected


def test_limits_count_by_network() -> None:
    """Neighbours in a /24 or a /64 are one network for the coarse limits."""
    app = Flask(__name__)

    def of(ip: str) -> str:
        with app.test_request_context("/", environ_base={"REMOTE_ADDR": ip}):
            return network()

    assert of("192.0.2.7") == of("192.0.2.8") == of("::ffff:192.0.2.9")
    assert of("192.0.2.7") != of("192.0.3.7")
    assert of("2001:db8::1") == of("2001:db8::ffff") != of("2001:db8:0:1::1")
