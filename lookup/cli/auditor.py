"""Fetching the log from a console with an auditor's account, for `lookup verify log --url`; each bundle is an entry."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

Read = Callable[[str], bytes | None]
TIMEOUT_S, TRIES = 60, 3


class SignInError(OSError):
    """The console did not open the session."""


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer: the page it leads to is not asked for."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def console_reader(url: str, name: str, password: str, code: str) -> Read:
    """Sign in at the console at `url` and return a function from a path below /audit to the bytes, None when none.

    Raises SignInError when the account is not opened or has no right to bundles, OSError when there is no answer.
    """
    if not url.startswith(("https://", "http://")):
        raise SignInError("the console's address begins with https://")
    opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay())
    base = url.rstrip("/")
    _, page = _ask(opener, f"{base}/sign-in", None)
    form = re.search(rb'name="csrf_token" value="([^"]+)"', page)
    if form is None:
        raise SignInError("there is no sign-in page of the console at this address")
    typed = {"csrf_token": form[1].decode(), "name": name, "password": password, "code": code}
    status, _ = _ask(opener, f"{base}/sign-in", urlencode(typed).encode())
    if status != 303:
        raise SignInError("name, password or code was not accepted")

    def read(path: str) -> bytes | None:
        status, data = _ask(opener, f"{base}/audit/{path}", None)
        if status in (303, 403):
            raise SignInError("the session has ended, or the account has no right to verify the ledger")
        return data if status == 200 else None

    return read


def keeping(read: Read, folder: Path) -> Read:
    """Return `read` that also keeps what it reads below `folder`, to be verified again with --dir.

    A full bundle never changes: one that is kept already is not fetched again.
    """

    def kept(path: str) -> bytes | None:
        file = folder / path
        if file.is_file() and path != "checkpoint":
            return file.read_bytes()
        data = read(path)
        if data is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return data

    return kept


def _ask(opener: OpenerDirector, url: str, body: bytes | None) -> tuple[int, bytes]:
    for _ in range(TRIES):
        try:
            with opener.open(Request(url, body), timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked above
                return answer.status, answer.read()
        except HTTPError as error:
            wait = error.headers.get("Retry-After", "")
            if error.code != 429 or not wait.isdecimal():
                return error.code, error.read()
            time.sleep(min(int(wait), TIMEOUT_S))
    return 429, b""
