"""The kinds of file that are taken in: their fields, and the headings under which ministries send them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["code", "text", "agency", "agencies", "date", "deadline", "status", "percent", "number"]


@dataclass(frozen=True)
class Field:
    """A field: how its cells are read, and the headings that mean it, in Vietnamese and English.

    `fills_down` says that a merged cell stands for all the rows that it spans; `identifies` that a row without it and
    without the others of the kind is not data.
    """

    name: str
    kind: FieldKind
    headings: tuple[str, ...]
    required: bool = False
    column_required: bool = False
    fills_down: bool = False
    identifies: bool = False


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its fields in the order in which they are stored; the first is the key."""

    name: str
    fields: tuple[Field, ...]

    @property
    def key(self) -> Field:
        """The field that names a row."""
        return self.fields[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(field.name for field in self.fields)


TASKS = FileKind(
    "tasks",
    (
        Field(
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
        Field(
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
        Field(
            "instrument",
            "text",
            ("Văn bản giao", "Văn bản giao nhiệm vụ", "Văn bản", "Căn cứ", "Căn cứ giao", "Instrument", "Assigned by"),
            fills_down=True,
        ),
        Field(
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
        Field(
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
        Field(
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
        Field(
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
        Field(
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
        Field(
            "reported_status",
            "status",
            ("Trạng thái", "Tình trạng", "Tình hình thực hiện", "Kết quả thực hiện", "Tình trạng thực hiện", "Status"),
        ),
        Field(
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
        Field("note", "text", ("Ghi chú", "Note", "Notes", "Remarks", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị")),
    ),
)

ORDINAL_HEADINGS = ("STT", "TT", "Số TT", "Số thứ tự", "No.", "No", "#")
"""Headings of a column that numbers the rows and says nothing else."""

KINDS = {kind.name: kind for kind in (TASKS,)}
"""The kinds by name."""
