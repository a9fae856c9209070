"""All declared tables as they are: a data package, CSV on the Web, Parquet, and a catalogue that names their files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from r57lib import disk
from r57lib.data.schema import Field, Resource, descriptor, licence, resources
from r57lib.data.texts import as_parquet
from r57lib.report.exports.edition import Edition, Export, Limit
from r57lib.view.words import LANGUAGES


def data_package(edition: Edition) -> Export:
    """The tables as CSV, and the descriptor with the hash and the size of each."""
    return Export({**edition.csv_files, "datapackage.json": _descriptor(edition)}, edition.table_limits)


def _descriptor(edition: Edition) -> bytes:
    files = edition.csv_files
    each = [
        {**declared, "bytes": len(files[declared["path"]]), "hash": f"sha256:{_sha256(files[declared['path']])}"}
        for declared in descriptor()["resources"]
    ]
    about = {
        "version": edition.version,
        "month": str(edition.view.month),
        "as_of": edition.view.as_of.isoformat(),
        "description": edition.title("en"),
    }
    return disk.as_json({**descriptor(), **about, "resources": each}).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- CSV on the Web --------------------------------------------------------------------------------------------------

_DATATYPES = {"number": "decimal", "integer": "integer", "date": "date", "url": "anyURI"}


def csvw(edition: Edition) -> Export:
    """The tables as CSV, and their metadata as CSV on the Web has them."""
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": _both({each: edition.title(each) for each in LANGUAGES}),
        "dc:license": {"@id": licence()["path"]},
        "dc:modified": {"@value": edition.view.as_of.isoformat(), "@type": "xsd:date"},
        "schema:version": edition.version,
        "tables": [_csvw_table(edition, each) for each in resources().values()],
    }
    metadata = {"csv-metadata.json": disk.as_json(group).encode()}
    return Export({**edition.csv_files, **metadata}, [*edition.table_limits, Limit("csvw")])


def _both(said: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": language} for language, text in said.items()]


def _csvw_table(edition: Edition, resource: Resource) -> dict[str, Any]:
    return {
        "url": f"{resource.name}.csv",
        "dc:title": _both({each: edition.words[each](f"table.{resource.name}") for each in LANGUAGES}),
        "dc:description": resource.description,
        "tableSchema": {
            "columns": [_csvw_column(each) for each in resource.fields],
            "primaryKey": list(resource.key),
            "foreignKeys": list(_foreign_keys(resource)),
        },
    }


def _csvw_column(field: Field) -> dict[str, Any]:
    datatype: Any = _DATATYPES.get(field.kind, "string")
    if field.codes:
        datatype = {"base": "string", "format": "|".join(_escaped(code) for code in field.codes)}
    return {
        "name": field.name,
        "titles": field.name,
        "dc:description": field.description,
        "datatype": datatype,
        "required": field.required,
        "null": "",
        **({"separator": ";"} if field.kind == "refs" else {}),
    }


def _escaped(code: str) -> str:
    return "".join(f"\\{sign}" if sign in r"\.^$*+?{}[]()|/" else sign for sign in code)


def _foreign_keys(resource: Resource) -> Iterator[dict[str, Any]]:
    for field in resource.fields:
        table, _, column = field.references.partition(".")
        if field.kind == "ref":
            yield {
                "columnReference": field.name,
                "reference": {"resource": f"{table}.csv", "columnReference": column},
            }


# --- Parquet ---------------------------------------------------------------------------------------------------------


def parquet(edition: Edition) -> Export:
    """The tables as Parquet; its metadata say what they are."""
    about = {
        "title": edition.title("en"),
        "version": edition.version,
        "month": str(edition.view.month),
        "as_of": edition.view.as_of.isoformat(),
        "license": licence()["path"],
    }
    made = as_parquet(((each, edition.cells(each)) for each in resources().values()), about)
    files = {f"{name}.parquet": content for name, content in made.items()}
    return Export({**files, "datapackage.json": _of_parquet(edition, files)}, [*edition.table_limits, Limit("parquet")])


def _of_parquet(edition: Edition, files: Mapping[str, bytes]) -> bytes:
    """The keys, the code lists and the references of the tables, which Parquet itself has no place for."""
    each = []
    for declared in descriptor()["resources"]:
        path = declared["path"].replace(".csv", ".parquet")
        own = {name: value for name, value in declared.items() if name not in ("encoding", "profile")}
        own |= {"path": path, "format": "parquet", "mediatype": "application/vnd.apache.parquet",
                "bytes": len(files[path]), "hash": f"sha256:{_sha256(files[path])}"}  # fmt: skip
        each.append(own)
    about = {"profile": "data-package", "version": edition.version}
    return disk.as_json({**descriptor(), **about, "resources": each}).encode()


# --- DCAT ------------------------------------------------------------------------------------------------------------

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_AUTHORITY = "http://publications.europa.eu/resource/authority"


def _of(kind: str, *addresses: str) -> list[dict[str, str]]:
    """Things of others by their addresses, with their class: who checks the catalogue alone does not know it."""
    return [{"@id": address, "@type": f"dct:{kind}"} for address in addresses]


_SPOKEN = _of("LinguisticSystem", *(f"{_AUTHORITY}/language/{code}" for code in ("VIE", "ENG")))
_COUNTRY = _of("Location", f"{_AUTHORITY}/country/VNM")
_PUBLIC = _of("RightsStatement", f"{_AUTHORITY}/access-right/PUBLIC")
_THEMES = ("GOVE", "TECH")
_CSV = {
    "dct:format": _of("MediaTypeOrExtent", f"{_AUTHORITY}/file-type/CSV"),
    "dcat:mediaType": _of("MediaType", "https://www.iana.org/assignments/media-types/text/csv"),
}


def dcat(edition: Edition) -> Export:
    """The tables as CSV, and a catalogue of them after DCAT-AP 3; its addresses begin where the catalogue lies."""
    publisher = {
        "@id": "#publisher",
        "@type": "foaf:Agent",
        "foaf:name": _both({each: edition.words[each]("feed.author") for each in LANGUAGES}),
    }
    catalogue = {
        "@context": _CONTEXT,
        "@id": "",
        "@type": "dcat:Catalog",
        "dct:title": _both({each: edition.title(each) for each in LANGUAGES}),
        "dct:description": _both({each: edition.words[each]("export.catalogue") for each in LANGUAGES}),
        "dct:publisher": publisher,
        "dct:license": _licence(edition),
        "dct:language": _SPOKEN,
        "dct:spatial": _COUNTRY,
        "dct:modified": _day(edition),
        "dcat:themeTaxonomy": {
            "@id": f"{_AUTHORITY}/data-theme",
            "@type": "skos:ConceptScheme",
            "dct:title": _both({each: edition.words[each]("export.themes") for each in LANGUAGES}),
            "skos:hasTopConcept": [_theme(edition, code) for code in _THEMES],
        },
        "dcat:dataset": [_data_set(edition, each) for each in resources().values()],
    }
    files = {**edition.csv_files, "catalog.jsonld": disk.as_json(catalogue).encode()}
    return Export(files, [*edition.table_limits, Limit("dcat")])


def _theme(edition: Edition, code: str) -> dict[str, Any]:
    said = _both({each: edition.words[each](f"export.theme.{code}") for each in LANGUAGES})
    return {"@id": f"{_AUTHORITY}/data-theme/{code}", "@type": "skos:Concept", "skos:prefLabel": said}


def _licence(edition: Edition) -> list[dict[str, str]]:
    return _of("LicenseDocument", licence()["path"])


def _day(edition: Edition) -> dict[str, str]:
    return {"@value": edition.view.as_of.isoformat(), "@type": "xsd:date"}


def _data_set(edition: Edition, resource: Resource) -> dict[str, Any]:
    content, name = edition.csv_files[f"{resource.name}.csv"], f"{resource.name}.csv"
    checksum = {
        "@type": "spdx:Checksum",
        "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
        "spdx:checksumValue": {"@value": _sha256(content), "@type": "xsd:hexBinary"},
    }
    described = {
        "dct:title": _both({each: edition.words[each](f"table.{resource.name}") for each in LANGUAGES}),
        "dct:description": {"@value": resource.description, "@language": "en"},
        "dct:language": _SPOKEN,
        "dct:modified": _day(edition),
    }
    return {
        **described,
        "@id": f"#{resource.name}",
        "@type": "dcat:Dataset",
        "dct:identifier": resource.name,
        "dct:publisher": {"@id": "#publisher"},
        "dcat:version": edition.version,
        "dcat:theme": [{"@id": f"{_AUTHORITY}/data-theme/{code}"} for code in _THEMES],
        "dct:accessRights": _PUBLIC,
        "dct:spatial": _COUNTRY,
        "dcat:distribution": {
            **described,
            **_CSV,
            "@id": f"#{resource.name}-csv",
            "@type": "dcat:Distribution",
            "dcat:accessURL": {"@id": name},
            "dcat:downloadURL": {"@id": name},
            "dcat:byteSize": {"@value": str(len(content)), "@type": "xsd:nonNegativeInteger"},
            "dct:license": _licence(edition),
            "spdx:checksum": checksum,
        },
    }
