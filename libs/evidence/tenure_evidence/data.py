"""Which rows was a model tested on, exactly?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from tenure_evidence.callables import declared_callable
from tenure_evidence.declared import File, OwnData, Tabular
from tenure_evidence.errors import DataRefused
from tenure_evidence.installed import load_tool

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_DATA_BYTES = 1_073_741_824
MAX_ROWS = 5_000_000
MAX_SLICES = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """`digest` is of the file's bytes, or, of a callable's rows, of what pandas hashes each row to."""

    frame: pd.DataFrame
    digest: str

    @property
    def positions(self) -> np.ndarray:
        """Of the rows, from 0."""
        positions: np.ndarray = load_tool("numpy", "evidence-data").arange(len(self.frame))
        return positions


def read_data(suite: Tabular, *, root: Path, trust: bool = False) -> DataSet:
    """The suite's data set; `root` is the suite's folder. A callable needs `trust`, since its code runs here.

    Raises DataRefused, Untrusted.
    """
    source = suite.data
    data = _from_file(root / source.path) if isinstance(source, File) else _from_callable(source, trust)
    if source.digest not in (None, data.digest):
        raise DataRefused(f"the data is {data.digest}, the suite wants {source.digest}")
    if missing := suite.columns() - set(data.frame.columns):
        raise DataRefused(f"the data has no column {sorted(missing)}, only {sorted(map(str, data.frame.columns))}")
    if not 0 < len(data.frame) <= MAX_ROWS:
        raise DataRefused(f"the data has {len(data.frame)} rows, 1 to {MAX_ROWS} can be read")
    if absent := int(data.frame[suite.target].isna().sum()):
        raise DataRefused(f"{absent} rows have no {suite.target}: drop them where the data is made, and say so there")
    return data


def _from_file(path: Path) -> DataSet:
    pandas = load_tool("pandas", "evidence-data")
    readers = {".csv": pandas.read_csv, ".parquet": pandas.read_parquet}
    if path.suffix not in readers:
        raise DataRefused(f"{path.name} is neither .csv nor .parquet")
    try:
        if path.stat().st_size > MAX_DATA_BYTES:
            raise DataRefused(f"{path.name} is over {MAX_DATA_BYTES} bytes")
        content = path.read_bytes()
        return DataSet(frame=readers[path.suffix](BytesIO(content)), digest=_digest(content))
    except (OSError, ValueError) as why:
        raise DataRefused(f"{path.name}: {why}") from why


def _from_callable(source: OwnData, trust: bool) -> DataSet:
    pandas = load_tool("pandas", "evidence-data")
    frame = declared_callable(source.callable, trust=trust)()
    if not isinstance(frame, pandas.DataFrame):
        raise DataRefused(f"{source.callable} returned a {type(frame).__name__}, not a DataFrame")
    rows = pandas.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
    return DataSet(frame=frame, digest=_digest("\0".join(map(str, frame.columns)).encode() + rows))


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def slices_of(frame: pd.DataFrame, columns: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Each combination of values, as `carrier=AA, origin=JFK`, with the positions of its rows.

    Rows without a value are a slice too: what is missing is seldom missing at random. Raises DataRefused past 500.
    """
    pandas = load_tool("pandas", "evidence-data")
    grouped = frame[list(columns)].reset_index(drop=True).groupby(list(columns), dropna=False, observed=True)
    if grouped.ngroups > MAX_SLICES:
        raise DataRefused(f"{', '.join(columns)} has {grouped.ngroups} values, at most {MAX_SLICES} can be slices")
    seen: set[str] = set()
    for values, rows in grouped:
        shown = ("<missing>" if pandas.isna(value) else value for value in values)
        label = ", ".join(f"{column}={value}" for column, value in zip(columns, shown, strict=True))
        if label in seen:
            raise DataRefused(f"{label} stands for two different values, such as a number and a word")
        seen.add(label)
        yield label, rows.index.to_numpy()
