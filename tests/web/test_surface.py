"""Every surface finds its views as Flask does, whatever it is asked for and by whatever name."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter
from werkzeug.test import EnvironBuilder

from lookup.web.surface import Surface

HOSTS = [
    "lookup.test",
    "LOOKUP.test:80",
    "lookup.test:443",
    "lookup.test:8000",
    "192.0.2.1",
    "[2001:db8::1]:8000",
    "查询.test",
    "xn--a",
    "a_b.test",
    "lookup.test:port",
    "",
    "a" * 64 + ".test",
    "lookup..test",
    "-",
    ":",
]


def surface(kind: type[Flask]) -> Flask:
    """An application with a few views, where two slashes are not one."""
    app = kind("tests.surface")
    app.url_map.merge_slashes = False
    for rule in ("/", "/report", "/folder/", "/tiles/<int:n>", "/说明/<name>"):
        app.add_url_rule(rule, endpoint=rule, view_func=lambda **_: "")
    app.add_url_rule("/verify", endpoint="verify", view_func=lambda: "", methods=["POST"])
    return app


PLAIN, OURS = surface(Flask), surface(Surface)


def found(app: Flask, environ: dict[str, Any]) -> object:
    """Which view is found with which values, or how the request is turned away, and where a page then says it is."""
    try:
        adapter = app.create_url_adapter(Request(dict(environ)))
    except HTTPException as refusal:
        return refusal.code
    assert isinstance(adapter, MapAdapter)
    told = [
        adapter.server_name,
        adapter.script_name,
        adapter.url_scheme,
        adapter.query_args,
        adapter.build("/report"),
    ]
    try:
        return told, adapter.match()
    except HTTPException as refusal:
        return told, refusal.code, refusal.get_response(environ).headers.get("Location")


PATHS = ["/", "/report", "/folder", "/tiles/7", "/tiles/x", "/说明/回执", "/verify", "//", "//report", "/é"]


@given(
    host=st.sampled_from(HOSTS) | st.text(st.characters(codec="latin-1"), max_size=12),
    path=st.sampled_from(PATHS) | st.text(max_size=8),
    query=st.sampled_from(["", "lang=en", "a=1&a=2", "x=%E6%9F%A5", "é"]),
    root=st.sampled_from(["", "/service", "/服务"]),
    method=st.sampled_from(["GET", "POST", "OPTIONS"]),
    scheme=st.sampled_from(["http", "https"]),
    upgrade=st.booleans(),
)  # fmt: skip
def test_a_view_is_found_as_flask_finds_it(
    host: str, path: str, query: str, root: str, method: str, scheme: str, upgrade: bool
) -> None:
    """The short way of usual requests and the library's agree on view, values, redirects and addresses."""
    environ = EnvironBuilder("/", method=method).get_environ()
    raw = {"PATH_INFO": path, "SCRIPT_NAME": root}
    environ |= {name: value.encode().decode("latin-1") for name, value in raw.items()}
    environ |= {"HTTP_HOST": host, "QUERY_STRING": query, "wsgi.url_scheme": scheme}
    if upgrade:
        environ |= {"HTTP_CONNECTION": "Upgrade", "HTTP_UPGRADE": "websocket"}
    assert found(OURS, environ) == found(PLAIN, environ)


def test_a_request_without_a_name_is_answered() -> None:
    """HTTP/1.0 has no Host; the server's own name stands in."""
    environ = EnvironBuilder("/report").get_environ()
    del environ["HTTP_HOST"]
    assert found(OURS, environ) == found(PLAIN, environ)


def test_outside_of_a_request_flask_decides() -> None:
    """Without a configured name nothing is found there."""
    assert OURS.create_url_adapter(None) is None
