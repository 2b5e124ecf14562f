"""Who is calling, as far as the network says: proxies are trusted only as configured."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from lookup.domain.budget import network_prefix


def trust_proxies(app: Flask, hops: int) -> None:
    """Believe X-Forwarded-* of exactly `hops` proxies; 0 believes nobody, so the headers can not be forged."""
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def address() -> str:
    """Return the caller's IP address, or "" when the server does not know one."""
    return request.remote_addr or ""


def network() -> str:
    """Return the caller's network (/24 or /64): what the coarse limits count by."""
    return network_prefix(address())


def foreign() -> bool:
    """Say whether a browser sent this request from another site; programs send no such header and are not foreign."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin.rpartition("://")[2] != request.host
