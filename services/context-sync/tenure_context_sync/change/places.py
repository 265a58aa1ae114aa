"""Where in its database's own log is a change, as one number of 63 bits that never falls?

Only changes of one row are ever compared, and of these the later one was made while the row's lock was held after the
earlier one's commit. So the place of the *change* serves wherever that of the commit does not fit beside it. Equal
places are told apart by the order in which they are read.

Source: Debezium 3.6 reference, "source" block of each connector; MySQL 8.4 manual, binary log file names and
positions; SQL Server transaction log architecture guide, log sequence numbers.
"""

import re
from typing import Annotated

import msgspec

from tenure_context_sync.change.change import Unreadable

MOST = 2**63 - 1
FILE_BITS, POS_BITS = 31, 32  # a binary log's number goes up to 2^31 - 1, a place in it is written in 4 bytes
VLF_BITS, BLOCK_BITS, SLOT_BITS = 26, 25, 12  # of a virtual log file up to 16 GiB, in blocks of 512 bytes

_LSN = re.compile(r"([0-9a-fA-F]{1,8}):([0-9a-fA-F]{1,8}):([0-9a-fA-F]{1,4})", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_Natural = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class Place(msgspec.Struct, gc=False):
    """What the connectors say of it: Postgres `lsn`; MySQL and MariaDB `file` and `pos`, or `gtid`; SQL Server
    `change_lsn`; Oracle `scn`."""

    lsn: _Natural | None = None
    file: str | None = None
    pos: _Natural | None = None
    gtid: str | None = None
    change_lsn: str | None = None
    commit_lsn: str | None = None
    scn: str | int | None = None
    commit_scn: str | int | None = None


def position_of(place: Place) -> int | None:
    """None where it says nothing. Raises Unreadable where that is no place, or one beyond the 63 bits."""
    if place.lsn is not None:
        return place.lsn
    if place.file and place.pos is not None:
        return binlog_position(place.file, place.pos)
    if lsn := place.change_lsn or place.commit_lsn:
        return log_sequence_position(lsn)
    # A RAC's commit SCN names the SCN of each of its threads, so the change's own comes first.
    scn = place.scn if place.scn is not None else place.commit_scn
    if scn is not None:
        return _number(str(scn))
    return _number(re.split("[:-]", place.gtid)[-1]) if place.gtid else None


def binlog_position(file: str, pos: int) -> int:
    """`mysql-bin.000007`, 1234: the file's number, then the place in it.

    It rises for as long as one server writes the log: another one counts its files anew.
    """
    return _packed((_number(file.rpartition(".")[2]), FILE_BITS), (pos, POS_BITS))


def log_sequence_position(lsn: str) -> int:
    """`00000027:00000ac0:0002`: virtual log file, block in it, record in the block. It has 80 bits, of which a log that
    is not far beyond what SQL Server can hold uses 63."""
    if not (found := _LSN.fullmatch(lsn)):
        raise Unreadable("not-a-position")
    vlf, block, slot = (int(part, 16) for part in found.groups())
    return _packed((vlf, VLF_BITS), (block, BLOCK_BITS), (slot, SLOT_BITS))


def _packed(*parts: tuple[int, int]) -> int:
    """The first part is the weightiest. A part beyond its bits would spoil the order of all the others."""
    position = 0
    for value, bits in parts:
        if value >> bits:
            raise Unreadable("position-out-of-range")
        position = position << bits | value
    return position


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Unreadable("not-a-position")
    if (number := int(text)) > MOST:
        raise Unreadable("position-out-of-range")
    return number
