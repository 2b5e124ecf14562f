"""How the OpenAPI document says that requests are signed (RFC 9421, RFC 9530)."""

from __future__ import annotations

from typing import Final

from lookup.web.push.openapi_parts import Json
from lookup.web.push.signature import ACCEPT_SIGNATURE


def _field(name: str, description: str) -> Json:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


SCHEMES: Final[Json] = {
    "signature": _field(
        "Signature",
        "HTTP Message Signature (RFC 9421), ed25519 or hmac-sha256, over what Signature-Input names: "
        "sig1=:base64 of the signature:",
    ),
    "signatureInput": _field(
        "Signature-Input",
        f"What is signed, as in Accept-Signature: {ACCEPT_SIGNATURE}. created, expires: seconds since 1970, 1 to 300 "
        "apart; nonce: 16 to 64 characters, a new one in each request; keyid: as registered. Without a body "
        "content-digest is left out; instead of @target-uri may stand @authority, @path and, if there is one, @query.",
    ),
    "contentDigest": _field(
        "Content-Digest", "Digest of the body (RFC 9530): sha-256=:base64:, or sha-512. Only with a body."
    ),
}
SIGNED: Final[list[Json]] = [{"signature": [], "signatureInput": []}]
"""A request without a body needs both."""
WITH_BODY: Final[list[Json]] = [{"signature": [], "signatureInput": [], "contentDigest": []}]
"""A request with a body needs all three."""
