"""Units are kept as they were imported."""

from dataclasses import replace

from lookup.storage import units
from lookup.storage.database import Database
from lookup.storage.units import Unit

EAST = Unit("369901010000", "云溪市公安局东湖派出所", "Donghu Police Station", "0999-5550101", "东湖路1号")
WEST = Unit("369901020000", "云溪市公安局西山派出所", "Xishan Police Station", "0999-5550102")


def test_units_come_back_by_code(database: Database) -> None:
    """What was put is found again under its code, in the order of the codes."""
    with database.write() as conn:
        assert units.put(conn, [WEST, EAST]) == 2
    with database.read() as conn:
        assert list(units.all(conn).items()) == [(EAST.code, EAST), (WEST.code, WEST)]


def test_a_second_import_replaces_and_removes_nothing(database: Database) -> None:
    """A unit put again has the new telephone, and units that a later file does not name stay."""
    moved = replace(WEST, phone="0999-5550199")
    with database.write() as conn:
        units.put(conn, [EAST, WEST])
        units.put(conn, [moved])
        assert units.put(conn, []) == 0
    with database.read() as conn:
        assert units.all(conn) == {EAST.code: EAST, WEST.code: moved}
