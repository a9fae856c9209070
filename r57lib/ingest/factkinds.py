"""Two kinds of file whose rows are facts: values of indicators, and what has come of commitments."""

from __future__ import annotations

from r57lib.ingest.fields import Field, FileKind

_PERIOD = Field(
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
_UNIT = Field("unit", "unit", ("Đơn vị tính", "ĐVT", "Đơn vị", "Đ.vị tính", "Unit", "Unit of measure"))
_QUALIFIER = Field("qualifier", "qualifier", ("Mức chính xác", "Độ chính xác", "Từ chỉ mức độ", "Qualifier"))
_NOTE = Field("note", "text", ("Ghi chú", "Note", "Notes", "Remarks", "Giải trình"))
_VALUE_HEADINGS = ("Giá trị", "Kết quả", "Kết quả thực hiện", "Kết quả đạt được", "Thực hiện", "Giá trị thực hiện",
                   "Số liệu", "Trị số", "Tỷ lệ", "Tỉ lệ", "Value", "Actual", "Result")  # fmt: skip

OBSERVATIONS = FileKind(
    "observations",
    (
        Field(
            "indicator_id",
            "subject",
            ("Chỉ tiêu", "Mã chỉ tiêu", "Chỉ số", "Mã chỉ số", "Nội dung chỉ tiêu", "Indicator", "Indicator ID",
             "Indicator code"),
            required=True,
            column_required=True,
            fills_down=True,
            identifies=True,
        ),
        Field("name", "text", ("Tên chỉ tiêu", "Tên chỉ số", "Indicator name"), stands_for="indicator_id"),
        Field(
            "scope",
            "scope",
            ("Phạm vi", "Cấp", "Khối", "Phạm vi số liệu", "Phạm vi/cấp", "Cấp báo cáo", "Scope", "Level", "Coverage"),
            fills_down=True,
        ),
        Field(
            "province_code",
            "province",
            ("Tỉnh, thành phố", "Tỉnh", "Tỉnh thành", "Tỉnh, TP", "Địa phương", "Tên tỉnh", "Mã tỉnh", "Province",
             "Province or city"),
        ),
        _PERIOD,
        Field("obs_value", "measure", _VALUE_HEADINGS, required=True, column_required=True, identifies=True),
        _UNIT,
        _QUALIFIER,
        Field(
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
        Field(
            "commitment_id",
            "subject",
            ("Cam kết", "Mã cam kết", "Nội dung cam kết", "Commitment", "Commitment ID", "Commitment code"),
            required=True,
            column_required=True,
            fills_down=True,
            identifies=True,
        ),
        Field("name", "text", ("Tên cam kết", "Commitment name"), stands_for="commitment_id"),
        _PERIOD,
        Field("role", "role", ("Loại cập nhật", "Loại", "Loại số liệu", "Role", "Type")),
        Field("obs_value", "measure", _VALUE_HEADINGS, column_required=True, identifies=True),
        _UNIT,
        Field(
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
