"""The page that verifies a receipt in the browser agrees with the verifier of the command line."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser

from lookup.ledger.cosignature import cosign
from lookup.ledger.note import COSIGNATURE_V1
from lookup.ledger.policy import Policy, Witness
from lookup.ledger.provider import sm3
from lookup.services.integrate import open_sequencer
from lookup.services.receipts import make_receipt
from lookup.storage import cosignatures
from lookup.storage.cosignatures import CosigRow
from lookup.storage.database import Database, open_database
from tests.ledger.keys import pair
from tests.services.test_integrate import write
from tests.support.contexts import citizen, worker
from tests.support.serving import on_loopback
from tests.web.citizen.conftest import app_on
from tests.web.citizen.test_audit import POLICY

W1, SIGN = pair("witness.test/1", COSIGNATURE_V1, 11)
COSIGNED = Policy(POLICY.logs, {b"w1": Witness(W1)}, {}, b"w1")


def cosigned_receipt(database: Database, seq: int) -> bytes:
    """A receipt in a log of 300 entries whose head one witness has cosigned."""
    writer = write(database, 300)
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert sequencer.head is not None
    text = sequencer.head.note.partition("\n\n")[0] + "\n"
    line = cosign(text.encode(), W1, SIGN, 1_800_000_000).line().decode()
    with database.write() as conn:
        assert cosignatures.add(conn, CosigRow(300, "w1", 1_800_000_000_000_000, line))
        assert not cosignatures.add(conn, CosigRow(300, "w1", 1, line))
    made = make_receipt(database, citizen(database).settings, writer, seq)
    assert isinstance(made, bytes)
    return made


def test_the_browser_accepts_what_is_genuine_and_nothing_else(
    database: Database, browser: Browser, tmp_path: Path
) -> None:
    """A genuine cosigned receipt passes; with a wrong hash, index, size, cosignature or policy it fails."""
    good = cosigned_receipt(database, 257)
    w2, _ = pair("witness.test/2", COSIGNATURE_V1, 12)
    strict = Policy(POLICY.logs, {b"w2": Witness(w2)}, {}, b"w2").to_bytes()
    lines = good.split(b"\n")
    swapped = b"\n".join([*lines[:3], lines[4], lines[3], *lines[5:]])
    bad = [
        swapped,
        good.replace(b"index 256", b"index 255"),
        good.replace(b"\n300\n", b"\n301\n"),
        good[:-90] + good[-89:],
    ]
    with on_loopback(app_on(database, policy=COSIGNED.to_bytes().decode())) as address:
        page = browser.new_context(locale="zh-CN").new_page()
        page.goto(f"{address}/audit/verify")

        def verdict(data: bytes, policy: bytes | None = None) -> str:
            page.reload()
            if policy:
                page.set_input_files("#policy", {"name": "p", "mimeType": "text/plain", "buffer": policy})
            page.set_input_files("#receipt", {"name": "r", "mimeType": "text/plain", "buffer": data})
            return page.locator("#verdict section").inner_text()

        assert "这张回执是真的" in verdict(good)
        assert "w1" in verdict(good)
        for data in bad:
            assert "没有通过" in verdict(data)
        assert "没有通过" in verdict(good, strict)
        assert "请选择一个" in verdict(good, b"nothing")
        page.context.close()


def test_the_browser_verifies_a_log_of_sm3(migrated_url: str, browser: Browser) -> None:
    """A receipt of an SM3 log passes under its own policy and fails under one that says SHA-256 or no known hash."""
    database = open_database(migrated_url, digest=sm3)
    writer = write(database, 300)
    open_sequencer(worker(database, log_hash="sm3")).tick()
    receipt = make_receipt(database, citizen(database).settings, writer, 257)
    assert isinstance(receipt, bytes)
    own = replace(POLICY, hash="sm3").to_bytes()
    with on_loopback(app_on(database, policy=own.decode())) as address:
        page = browser.new_context(locale="zh-CN").new_page()
        page.goto(f"{address}/audit/verify")
        for policy, verdict in (
            (own, "这张回执是真的"),
            (POLICY.to_bytes(), "没有通过"),
            (own.replace(b"sm3", b"md5"), "没有通过"),
        ):
            page.reload()
            page.set_input_files("#policy", {"name": "p", "mimeType": "text/plain", "buffer": policy})
            page.set_input_files("#receipt", {"name": "r", "mimeType": "text/plain", "buffer": receipt})
            assert verdict in page.locator("#verdict section").inner_text()
        page.context.close()
    database.close()


def test_sm3_of_the_browser_is_sm3(database: Database, browser: Browser) -> None:
    """The script's SM3 equals OpenSSL's for every length around the borders of a block; "abc" is in GB/T 32905-2016."""
    with on_loopback(app_on(database)) as address:
        page = browser.new_context().new_page()
        page.goto(f"{address}/audit/verify")
        lengths = [*range(130), 1000]
        told = page.evaluate(
            """async (lengths) => {
                const { sm3 } = await import("/static/sm3.js");
                const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
                const made = (length) => Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
                return [hex(sm3(new TextEncoder().encode("abc"))), ...lengths.map((each) => hex(sm3(made(each))))];
            }""",
            lengths,
        )
        page.context.close()
    assert told[0] == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    made = (bytes(i * 7 % 256 for i in range(length)) for length in lengths)
    assert told[1:] == [hashlib.new("sm3", data).hexdigest() for data in made]
