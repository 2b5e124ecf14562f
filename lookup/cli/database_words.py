"""What an operator can mend about a failing database, in words; for every command, in place of a traceback."""

from __future__ import annotations

from lookup.storage.ailments import ailment

_WORDS = {
    "schema": (
        "The database has not the schema that this release needs. Run `lookup migrate`, then this again.",
        "数据库还不是这个版本需要的结构。请先运行 lookup migrate，再重新运行这条命令。",
    ),
    "rights": (
        "The user of LOOKUP_DATABASE_URL, or LOOKUP_DATABASE_ROLE, may not do this; --help says which one is needed.",
        "LOOKUP_DATABASE_URL 的用户或 LOOKUP_DATABASE_ROLE 无权这样做；需要哪一个，见 --help。",
    ),
    "silent": (
        "The database does not answer, or is none. Check LOOKUP_DATABASE_URL, and that it runs.",
        "数据库没有应答，或者不是数据库。请检查 LOOKUP_DATABASE_URL，并确认数据库在运行。",
    ),
}


def database_words(fault: Exception) -> tuple[str, ...]:
    """Return what is wrong with the database and what to do, one line each; empty for a fault of the program.

    The driver's own words follow where nothing answers: they name host and user, and never a password.
    """
    found = ailment(fault)
    if found is None:
        return ()
    own = str(getattr(fault, "orig", "")).strip().splitlines()[:1] if found == "silent" else []
    return (*own, *_WORDS[found])
