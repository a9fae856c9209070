"""The kinds of file that are taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# --- What a kind of file is: its fields, and the headings under which ministries send them ---


FieldKind = Literal["code", "text", "agency", "agencies", "date", "deadline", "status", "percent", "number",
                    "subject", "scope", "province", "period", "measure", "unit", "qualifier", "basis", "role",
                    "level"]  # fmt: skip


@dataclass(frozen=True)
class FileField:
    """A field: how its cells are read, and the headings that mean it, in Vietnamese and English.

    `fills_down` says that a merged cell stands for all the rows that it spans; `identifies` that a row without it and
    without the others of the kind is not data; `stands_for` names the field that it is where that has no column.
    """

    name: str
    kind: FieldKind
    headings: tuple[str, ...]
    required: bool = False
    column_required: bool = False
    fills_down: bool = False
    identifies: bool = False
    stands_for: str = ""


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its fields in the order in which they are stored; `keys` are those that name a row together.

    `extra` are columns that are stored beside the fields: the words of the sender.
    """

    name: str
    fields: tuple[FileField, ...]
    keys: tuple[str, ...]
    extra: tuple[str, ...] = ()

    @property
    def first(self) -> FileField:
        """The field that a row begins with."""
        return self.fields[0]

    @property
    def by_code(self) -> bool:
        """Whether one code alone names a row; otherwise each row is a fact, named by several fields together."""
        return len(self.keys) == 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(field.name for field in self.fields)

    def key_of(self, row: Mapping[str, str]) -> str:
        """The key of a row as its sender wrote it: one code, or the fields between middle dots."""
        return " · ".join(row[name] for name in self.keys)


ORDINAL_HEADINGS = ("STT", "TT", "Số TT", "Số thứ tự", "No.", "No", "#")
"""Headings of a column that numbers the rows and says nothing else."""


# --- Two kinds of file whose rows are facts: values of indicators, and what has come of commitments ---


_PERIOD = FileField(
    "time_period",
    "period",
    (
        "Kỳ báo cáo", "Kỳ", "Kỳ số liệu", "Thời kỳ", "Thời gian", "Thời điểm", "Số liệu đến ngày", "Tính đến ngày",
        "Ngày số liệu", "Thời điểm số liệu", "Tháng", "Quý", "Năm", "Period", "Time period", "As of", "Date",
    ),
    required=True,
    column_required=True,
    fills_down=True,
    identifies=True,
)  # fmt: skip
_UNIT = FileField("unit", "unit", ("Đơn vị tính", "ĐVT", "Đơn vị", "Đ.vị tính", "Unit", "Unit of measure"))
_QUALIFIER = FileField("qualifier", "qualifier", ("Mức chính xác", "Độ chính xác", "Từ chỉ mức độ", "Qualifier"))
_NOTE = FileField("note", "text", ("Ghi chú", "Note", "Notes", "Remarks", "Giải trình"))
_VALUE_HEADINGS = ("Giá trị", "Kết quả", "Kết quả thực hiện", "Kết quả đạt được", "Thực hiện", "Giá trị thực hiện",
                   "Số liệu", "Trị số", "Tỷ lệ", "Tỉ lệ", "Value", "Actual", "Result")  # fmt: skip

OBSERVATIONS = FileKind(
    "observations",
    (
        FileField(
            "indicator_id",
            "subject",
            ("Chỉ tiêu", "Mã chỉ tiêu", "Chỉ số", "Mã chỉ số", "Nội dung chỉ tiêu", "Indicator", "Indicator ID",
             "Indicator code"),
            required=True,
            column_required=True,
            fills_down=True,
            identifies=True,
        ),
        FileField("name", "text", ("Tên chỉ tiêu", "Tên chỉ số", "Indicator name"), stands_for="indicator_id"),
        FileField(
            "scope",
            "scope",
            ("Phạm vi", "Cấp", "Khối", "Phạm vi số liệu", "Phạm vi/cấp", "Cấp báo cáo", "Scope", "Level", "Coverage"),
            fills_down=True,
        ),
        FileField(
            "province_code",
            "province",
            ("Tỉnh, thành phố", "Tỉnh", "Tỉnh thành", "Tỉnh, TP", "Địa phương", "Tên tỉnh", "Mã tỉnh", "Province",
             "Province or city"),
        ),
        _PERIOD,
        FileField("obs_value", "measure", _VALUE_HEADINGS, required=True, column_required=True, identifies=True),
        _UNIT,
        _QUALIFIER,
        FileField(
            "basis", "basis", ("Cách tính", "Cách cộng dồn", "Tính chất số liệu", "Loại số liệu", "Basis"),
        ),
        _NOTE,
    ),
    ("indicator_id", "scope", "province_code", "time_period", "basis"),
    ("evidence", "printed_value"),
)  # fmt: skip

COMMITMENT_UPDATES = FileKind(
    "commitment-updates",
    (
        FileField(
            "commitment_id",
            "subject",
            ("Cam kết", "Mã cam kết", "Nội dung cam kết", "Commitment", "Commitment ID", "Commitment code"),
            required=True,
            column_required=True,
            fills_down=True,
            identifies=True,
        ),
        FileField("name", "text", ("Tên cam kết", "Commitment name"), stands_for="commitment_id"),
        _PERIOD,
        FileField("role", "role", ("Loại cập nhật", "Loại", "Loại số liệu", "Role", "Type")),
        FileField("obs_value", "measure", _VALUE_HEADINGS, column_required=True, identifies=True),
        _UNIT,
        FileField(
            "evidence_level",
            "level",
            ("Mức bằng chứng", "Mức độ bằng chứng", "Bằng chứng", "Evidence level", "Evidence"),
            identifies=True,
        ),
        _QUALIFIER,
        _NOTE,
    ),
    ("commitment_id", "time_period", "role"),
    ("evidence", "printed_value"),
)  # fmt: skip


TASKS = FileKind(
    "tasks",
    (
        FileField(
            "task_id",
            "code",
            (
                "Mã nhiệm vụ",
                "Mã NV",
                "Mã số nhiệm vụ",
                "Mã số",
                "Mã",
                "Số hiệu nhiệm vụ",
                "Task code",
                "Task ID",
                "Code",
            ),
            required=True,
            column_required=True,
            identifies=True,
        ),
        FileField(
            "title",
            "text",
            (
                "Nội dung nhiệm vụ",
                "Tên nhiệm vụ",
                "Nhiệm vụ",
                "Nhiệm vụ cụ thể",
                "Nội dung",
                "Nội dung công việc",
                "Nhiệm vụ giải pháp",
                "Task",
                "Title",
                "Task name",
                "Description",
            ),
            required=True,
            column_required=True,
        ),
        FileField(
            "instrument",
            "text",
            ("Văn bản giao", "Văn bản giao nhiệm vụ", "Văn bản", "Căn cứ", "Căn cứ giao", "Instrument", "Assigned by"),
            fills_down=True,
        ),
        FileField(
            "lead_agency",
            "agency",
            (
                "Đơn vị chủ trì",
                "Cơ quan chủ trì",
                "Cơ quan đơn vị chủ trì",
                "Cơ quan, đơn vị chủ trì thực hiện",
                "Đơn vị chủ trì thực hiện",
                "Cơ quan chủ trì thực hiện",
                "Bộ, ngành, địa phương chủ trì",
                "Đ.vị chủ trì",
                "ĐV chủ trì",
                "CQ chủ trì",
                "Chủ trì",
                "Đơn vị thực hiện Chủ trì",
                "Cơ quan thực hiện Chủ trì",
                "Phân công Chủ trì",
                "Lead agency",
                "Lead",
            ),
            required=True,
            column_required=True,
            fills_down=True,
            identifies=True,
        ),
        FileField(
            "coordinating_agencies",
            "agencies",
            (
                "Đơn vị phối hợp",
                "Cơ quan phối hợp",
                "Cơ quan, đơn vị phối hợp",
                "Đ.vị phối hợp",
                "ĐV phối hợp",
                "Phối hợp",
                "Đơn vị thực hiện Phối hợp",
                "Cơ quan thực hiện Phối hợp",
                "Phân công Phối hợp",
                "Coordinating agencies",
                "Co-ordinating agencies",
            ),
        ),
        FileField(
            "assigned_date",
            "date",
            (
                "Ngày giao",
                "Ngày được giao",
                "Ngày giao nhiệm vụ",
                "Ngày bắt đầu",
                "Assigned",
                "Assigned date",
                "Start date",
            ),
        ),
        FileField(
            "deadline",
            "deadline",
            (
                "Thời hạn",
                "Thời hạn hoàn thành",
                "Hạn hoàn thành",
                "Hạn xử lý",
                "Hạn",
                "Thời gian hoàn thành",
                "Thời hạn thực hiện",
                "Tiến độ Thời hạn",
                "Thời gian Thời hạn",
                "Thời gian Hạn hoàn thành",
                "Deadline",
                "Due date",
                "Due",
            ),
            required=True,
            column_required=True,
            identifies=True,
        ),
        FileField(
            "completed_date",
            "date",
            (
                "Ngày hoàn thành",
                "Ngày hoàn thành thực tế",
                "Ngày thực tế hoàn thành",
                "Hoàn thành ngày",
                "Thời gian Ngày hoàn thành",
                "Tiến độ Ngày hoàn thành",
                "Completed",
                "Completed on",
                "Completed date",
                "Completion date",
            ),
            column_required=True,
            identifies=True,
        ),
        FileField(
            "reported_status",
            "status",
            ("Trạng thái", "Tình trạng", "Tình hình thực hiện", "Kết quả thực hiện", "Tình trạng thực hiện", "Status"),
        ),
        FileField(
            "reported_share",
            "percent",
            (
                "Tỷ lệ hoàn thành",
                "Tỉ lệ hoàn thành",
                "Tỷ lệ hoàn thành (%)",
                "Tỉ lệ hoàn thành (%)",
                "% hoàn thành",
                "Mức độ hoàn thành",
                "Mức độ hoàn thành (%)",
                "Tiến độ (%)",
                "Percent complete",
                "Progress",
                "Progress (%)",
            ),
        ),
        FileField("note", "text", ("Ghi chú", "Note", "Notes", "Remarks", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị")),
    ),
    ("task_id",),
)

KINDS = {kind.name: kind for kind in (TASKS, OBSERVATIONS, COMMITMENT_UPDATES)}
"""The kinds by name."""
