"""Answering 503 without an entry while none can be written, and saying so in the ledger as soon as one can."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request

from lookup.services.outage import Outage, Writing


def watch(app: Flask, context: Writing, unavailable: Callable[[], Response]) -> None:
    """Count the 503 answers of `app`; before the next request they are entered, or it gets `unavailable()` too.

    Answers to monitoring refuse nobody and are not counted.
    """
    outage = Outage()

    @app.after_request
    def _count(response: Response) -> Response:
        if response.status_code == 503 and not request.path.startswith("/healthz"):
            outage.refuse()
        return response

    @app.before_request
    def _settle() -> Response | None:
        return None if outage.settle(context.database, context.pen) else unavailable()
