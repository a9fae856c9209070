"""Dossiers by commune, asked of files on the disk: a finished answer comes into memory, and nothing else of them."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw
import pandas as pd

from r57lib.data.aggregates import BY_COMMUNE, asked, names_communes, require_as_written
from r57lib.data.lines import COMMUNE
from r57lib.data.periods import Month
from r57lib.data.rows import UsageSet
from r57lib.data.tables import Tables, remembered
from r57lib.measures.usage import Rate, Span, collected, rated, taken, totals, within


@dataclass(frozen=True, slots=True)
class CommuneRate(Rate):
    """That of a commune; without a code, of what names none."""

    commune_code: str
    province_code: str


@dataclass(frozen=True, slots=True)
class ServiceRate(Rate):
    """That of a service in a commune."""

    service_id: str
    level: str
    name_vi: str
    name_en: str


def taken_by_commune(tables: Tables) -> UsageSet | None:
    """What is known of the set behind the counts by commune in the data folder, if there are any."""
    about = taken(tables)
    return about if about is not None and names_communes(about.files) else None


@remembered
def communes(tables: Tables) -> pd.DataFrame:
    """Every commune that lines name: province_code, commune_code, sorted by both; empty where none is."""
    about = taken_by_commune(tables)
    if about is None:
        return pd.DataFrame({"province_code": [], COMMUNE: []}, dtype="str")
    with asked(tables.folder, about.files, "communes") as there:
        named = there.lines.filter(nw.col(COMMUNE) != "").select("province_code", COMMUNE).unique()
        return collected(named).sort_values(["province_code", COMMUNE], ignore_index=True)


@remembered
def commune_usage(tables: Tables, *, span: Span, month: Month, service: str = "") -> pd.DataFrame:
    """The dossiers of each commune in a month, or in its year so far; of one service where it is named.

    Columns: province_code, commune_code (empty for what names none), dossiers, online_dossiers, usage_rate (0-1); the
    busiest first. Empty where no line names communes, and where there is none.
    """
    about = taken_by_commune(tables)
    if about is None:
        return pd.DataFrame()
    with asked(tables.folder, about.files, "service_communes" if service else "communes") as there:
        lines = there.lines.filter(nw.col("service_id") == service) if service else there.lines
        rows = collected(rated(totals(within(lines, span, month), ("province_code", COMMUNE))))
    return rows.sort_values(["dossiers", COMMUNE, "province_code"], ascending=[False, True, True], ignore_index=True)


@remembered
def services_of(tables: Tables, *, span: Span, month: Month, commune: str) -> pd.DataFrame:
    """The dossiers of a commune by service, in a month or in its year so far; the busiest first.

    Columns: service_id, dossiers, online_dossiers, usage_rate (0-1), level, name_vi, name_en. Empty as above.
    """
    about = taken_by_commune(tables)
    if about is None:
        return pd.DataFrame()
    with asked(tables.folder, about.files, "commune_services") as there:
        lines = within(there.lines.filter(nw.col(COMMUNE) == commune), span, month)
        rows = collected(rated(totals(lines, ("service_id",))))
        names = there.services.select("service_id", "level", "name_vi", "name_en").to_native().df()
    rows = rows.merge(names, on="service_id", how="left", validate="1:1")
    return rows.sort_values(["dossiers", "service_id"], ascending=[False, True], ignore_index=True)


def hold_communes(tables: Tables) -> None:
    """Have looked at the bytes of the counts, where there are any: what is forked afterwards need not."""
    about = taken_by_commune(tables)
    if about is not None:
        for name in BY_COMMUNE:
            require_as_written(tables.folder, about.files, name)
