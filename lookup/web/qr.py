"""The link of a reference as a QR code to print or send: a picture of its own, with nothing drawn by a stranger."""

from __future__ import annotations

import io

import segno


def svg(link: str) -> bytes:
    """Return the QR code of `link` (ASCII) as an SVG document in UTF-8, without inline style.

    Error correction M outlives a fold or a coffee stain; the quiet zone of four modules is part of the picture, and
    its ground is white, so that it can be scanned from a dark page too.
    """
    picture = io.BytesIO()
    segno.make_qr(link, error="m", boost_error=False).save(
        picture, kind="svg", scale=4, border=4, light="#fff", dark="#000", xmldecl=False, omitsize=False
    )
    return picture.getvalue()
