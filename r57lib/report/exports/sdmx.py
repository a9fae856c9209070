"""SDMX 3.0: the structures through pysdmx, and the values as SDMX-CSV 2.0 or structure-specific SDMX-ML.

The values are written here: what pysdmx has for them needs Arrow, beside which pandas behaves differently, and writes
4100000000000 as `4.1e+12`. pysdmx knows one language; the names of the other are put into what it writes.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from r57lib.data.cubes import CUBE_AGENCY, CUBE_VERSION, Component, Cube, code_id, code_lists, cubes
from r57lib.data.periods import VIET_NAM
from r57lib.data.texts import as_csv
from r57lib.errors import WrongCall
from r57lib.report.exports.edition import Edition, Export, Limit, concept_key
from r57lib.view.words import LANGUAGES, Language

_CONCEPTS = "CONCEPTS"
_XML = "{http://www.w3.org/XML/1998/namespace}lang"
_NS = {
    name: f"http://www.sdmx.org/resources/sdmxml/schemas/v3_0/{path}"
    for name, path in (("mes", "message"), ("com", "common"), ("ss", "data/structurespecific"))
}
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_FLOW = "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow="


def sdmx_csv(edition: Edition) -> Export:
    """A file a cube, and the structures."""
    files = {f"{cube.table}.csv": _csv(cube, edition) for cube in cubes()}
    return Export({**files, "structures.xml": structures(edition)}, _limits(edition))


def sdmx_ml(edition: Edition) -> Export:
    """A file a cube, and the structures."""
    files = {f"{cube.table}.xml": _ml(cube, edition) for cube in cubes()}
    return Export({**files, "structures.xml": structures(edition)}, _limits(edition))


def _limits(edition: Edition) -> list[Limit]:
    return [*edition.cube_limits, Limit("codes"), Limit("qualifier"), Limit("printed")]


def _csv(cube: Cube, edition: Edition) -> bytes:
    head = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *(each.id for each in cube.components)]
    rows = (["dataflow", cube.structure_id, "I", *row.values()] for row in edition.rows[cube.name])
    return as_csv(head, rows)


def _ml(cube: Cube, edition: Edition) -> bytes:
    """Each observation an element whose attributes are the components, as `AllDimensions` means."""
    from lxml import etree

    flow = f"{_FLOW}{cube.structure_id}"
    mes, ss, com = (f"{{{_NS[name]}}}" for name in ("mes", "ss", "com"))
    root = etree.Element(f"{mes}StructureSpecificData", nsmap={**_NS, "xsi": _XSI, "ns1": flow})
    head = etree.SubElement(root, f"{mes}Header")
    for name, text in (
        ("ID", f"{cube.name}-{edition.version}"),
        ("Test", "false"),
        ("Prepared", _prepared(edition).isoformat()),
    ):
        etree.SubElement(head, f"{mes}{name}").text = text
    etree.SubElement(head, f"{mes}Sender", id=CUBE_AGENCY)
    about = {"structureID": cube.name, "namespace": flow, "dimensionAtObservation": "AllDimensions"}
    etree.SubElement(etree.SubElement(head, f"{mes}Structure", about), f"{com}StructureUsage").text = flow
    data = etree.SubElement(
        root,
        f"{mes}DataSet",
        {f"{ss}structureRef": cube.name, f"{{{_XSI}}}type": "ns1:DataSetType", "action": "Information"},
    )
    for row in edition.rows[cube.name]:
        etree.SubElement(data, "Obs", {name: text for name, text in row.items() if text})
    return _written(root)


def _prepared(edition: Edition) -> datetime:
    """No clock is asked: the same data give the same bytes."""
    return datetime.combine(edition.view.as_of, time(), VIET_NAM)


def structures(edition: Edition) -> bytes:
    """Code lists, concepts, data structure definitions and dataflows as SDMX-ML 3.0, named in both languages.

    Raises `WrongCall` where pysdmx is not installed.
    """
    try:
        from lxml import etree
        from pysdmx.io.format import Format
        from pysdmx.io.writer import write_sdmx
        from pysdmx.model import (
            Code,
            Codelist,
            Concept,
            ConceptScheme,
            Dataflow,
            DataStructureDefinition,
            Organisation,
        )
        from pysdmx.model.message import Header
    except ImportError:
        raise WrongCall("SDMX needs pysdmx, which is not installed here: pip install 'r57[exports]'") from None

    names: dict[tuple[str, str], dict[Language, str]] = {}

    def named(scheme: str, item: str, said: dict[Language, str]) -> str:
        names[scheme, item] = said
        return said["en"]

    def both(key: str) -> dict[Language, str]:
        return {each: edition.words[each](key) for each in LANGUAGES}

    lists = {
        codes: Codelist(
            f"CL_{codes}",
            name=named(f"CL_{codes}", "", both(f"export.concept.{codes}")),
            agency=CUBE_AGENCY,
            version=CUBE_VERSION,
            items=[
                Code(
                    code_id(code, codes),
                    name=named(
                        f"CL_{codes}",
                        code_id(code, codes),
                        {each: edition.code_name(codes, code, each) for each in LANGUAGES},
                    ),
                )
                for code in found
            ],
        )
        for codes, found in code_lists(edition.view.tables)
    }
    parts = {each.id: each for cube in cubes() for each in cube.components}
    urn = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={CUBE_AGENCY}:{_CONCEPTS}({CUBE_VERSION})"
    concepts = {
        name: Concept(name, name=named(_CONCEPTS, name, both(concept_key(each))), urn=f"{urn}.{name}")
        for name, each in parts.items()
    }
    scheme = ConceptScheme(
        _CONCEPTS,
        name=named(_CONCEPTS, "", both("export.concepts")),
        agency=CUBE_AGENCY,
        version=CUBE_VERSION,
        items=list(concepts.values()),
    )
    artefacts: list[Any] = [*lists.values(), scheme]
    for cube in cubes():
        said = both(f"table.{cube.table}")
        definition = DataStructureDefinition(
            cube.name,
            name=named(cube.name, "", said),
            agency=CUBE_AGENCY,
            version=CUBE_VERSION,
            components=_components(cube, concepts, lists),
        )
        flow = Dataflow(cube.name, name=said["en"], agency=CUBE_AGENCY, version=CUBE_VERSION, structure=definition)
        artefacts += [definition, flow]
    sender = Organisation(CUBE_AGENCY)
    header = Header(id=f"STRUCTURES-{edition.version}", prepared=_prepared(edition), sender=sender)
    text = write_sdmx(artefacts, Format.STRUCTURE_SDMX_ML_3_0, header=header)
    root = etree.fromstring(str(text).encode(), etree.XMLParser(remove_blank_text=True, resolve_entities=False))
    for name in list(root.iter(f"{{{_NS['com']}}}Name")):
        item = name.getparent()
        scheme_id = item.getparent().get("id")
        found = names[(scheme_id, item.get("id")) if scheme_id else (item.get("id"), "")]
        name.text = found["en"]
        other = etree.Element(name.tag, {_XML: "vi"})
        other.text = found["vi"]
        name.addnext(other)
    return _written(root)


def _components(cube: Cube, concepts: dict[str, Any], lists: dict[str, Any]) -> Any:
    from pysdmx.model import Component as SdmxComponent
    from pysdmx.model import Components, Role

    roles = {"dimension": Role.DIMENSION, "measure": Role.MEASURE, "attribute": Role.ATTRIBUTE}
    return Components(
        [
            SdmxComponent(
                each.id,
                required=each.part == "dimension" or each.id == "OBS_STATUS",
                role=roles[each.part],
                concept=concepts[each.id],
                local_dtype=_type(each),
                local_codes=lists.get(each.codes),
                attachment_level="O" if each.part == "attribute" else None,
            )
            for each in cube.components
        ]
    )


def _type(component: Component) -> Any:
    from pysdmx.model import DataType

    if component.codes:
        return None
    if component.id == "TIME_PERIOD":
        return DataType.PERIOD
    kinds = {"number": DataType.DOUBLE, "integer": DataType.LONG, "date": DataType.DATE}
    return kinds.get(component.of.kind if component.of else "", DataType.STRING)


def _written(root: Any) -> bytes:
    from lxml import etree

    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")) + b"\n"
