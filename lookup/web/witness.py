"""The witness over HTTP: one endpoint, `POST /add-checkpoint` (C2SP tlog-witness)."""

from __future__ import annotations

import os
import time
from pathlib import Path

from flask import Flask, Response, current_app, request

from lookup.ledger.policy import parse_policy
from lookup.ledger.witness import MAX_REQUEST
from lookup.services.cosign import Witness, add_checkpoint, witness_key
from lookup.web.guards import open_to_all


def create_app(witness: Witness) -> Flask:
    """Return the witness's app."""
    app = Flask("lookup.web.witness", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST
    app.extensions["witness"] = witness
    app.add_url_rule("/add-checkpoint", view_func=add, methods=["POST"])
    return app


def from_environment() -> Flask:
    """Return the app as `lookup witness serve` hands it over to gunicorn."""
    names = ("NAME", "KEY_FILE", "POLICY_FILE", "STATE_FILE")
    name, key, policy, state = (os.environ[f"LOOKUP_WITNESS_{each}"] for each in names)
    pair = witness_key(name, Path(key).read_text(encoding="ascii"))
    return create_app(Witness(*pair, parse_policy(Path(policy).read_bytes()), Path(state)))


@open_to_all
def add() -> Response:
    """Judge and cosign a checkpoint."""
    answer = add_checkpoint(current_app.extensions["witness"], request.get_data(), int(time.time()))
    return Response(answer.body, answer.status, content_type=answer.kind)
