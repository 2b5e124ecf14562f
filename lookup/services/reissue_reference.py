"""Issuing a report's reference anew: every code, link and pass from before opens nothing any more."""

from __future__ import annotations

from lookup.domain.reference import report_token
from lookup.services.actors import client_token
from lookup.services.contexts import PushContext
from lookup.services.references import Reference, issue
from lookup.storage import incidents
from lookup.storage.lanes import Draft, append


def reissue_reference(context: PushContext, number: str, operator: str) -> Reference | None:
    """Raise the generation of the incident with this number and return the new reference; None when unknown."""
    pepper = context.settings.pepper
    token = report_token(pepper, number)
    with context.database.write() as conn:
        generation = incidents.raise_generation(conn, number)
        outcome = "refused" if generation is None else "succeeded"
        append(conn, context.pen, Draft("admin.reference", outcome, client_token(pepper, operator), token))
    return None if generation is None else issue(context.settings, number, token, generation)
