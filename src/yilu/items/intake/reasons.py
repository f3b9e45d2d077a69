"""Why a row is quarantined: every reason with its number, its text in Chinese and English, and the next step.

A row is used whole or not at all: it bears the first reason that holds, in the order of the numbers. Codes and numbers are
append-only. ``docs/how-to/ingest.md`` explains each; a test holds that page to this list.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One reason (id 1..255; 0 = no reason, the row is used)."""

    id: int
    code: str
    zh: str
    en: str
    next_step: str
    next_step_zh: str


REASONS: tuple[Reason, ...] = (
    Reason(1, "line_too_long", "行过长", "The line is longer than the limit.", "Check for a missing line end, or raise max_line_bytes.", "检查是否缺少换行,或调大 max_line_bytes"),
    Reason(2, "invalid_utf8", "编码错误", "The line is not text in the stated encoding.", "Write the file as UTF-8, or name its encoding in the mapping.", "以 UTF-8 导出,或在映射中写明编码"),
    Reason(3, "malformed", "格式错误", "Not a row of this format: columns too many or too few, or no JSON object.", "Have the sender repair the row and send it again.", "请报送方更正该行后重报"),
    Reason(4, "confidential", "机要邮件", "Confidential mail is out of scope.", "Leave it out of the feed.", "请报送方剔除后重报"),
    Reason(5, "no_event", "无事件", "No event of the mapping applies to this row.", "Add an [[event]] to the mapping if the row should say something.", "如该行有含义,在映射中增加 [[event]]"),
    Reason(6, "missing_waybill", "缺少运单号", "The waybill number is empty.", "Have the sender fill it.", "请报送方补填"),
    Reason(7, "long_waybill", "运单号过长", "The waybill number is longer than the limit.", "Check the column; numbers have at most max_number_bytes characters.", "检查列是否对应;单号长度不超过 max_number_bytes"),
    Reason(8, "bad_waybill", "运单号含非法字符", "The waybill number holds characters that no number has.", "Check column and encoding; letters, digits and ASCII signs are expected.", "检查列与编码;单号应为字母、数字与 ASCII 符号"),
    Reason(9, "bad_check_digit", "校验位错误", "The number has the form of a UPU S10 number, and its check digit is wrong.", "Have the number read again; it was mistyped or misread.", "请重新核读单号"),
    Reason(10, "unknown_operator", "企业未登记", "The operator is empty or not in the network.", "Add it to the province folder, or to [values.operator] of the mapping.", "在省份文件夹或映射的 [values.operator] 中补充"),
    Reason(11, "missing_kind", "缺少环节", "The kind of event is empty.", "Have the sender fill it.", "请报送方补填"),
    Reason(12, "missing_time", "缺少时间", "The time of the event is empty.", "Have the sender fill it.", "请报送方补填"),
    Reason(13, "bad_time", "时间无法识别", "A time can't be read.", "Name its form in time_formats, its zone in time_zone.", "在映射中写明 time_formats 与 time_zone"),
    Reason(14, "time_out_of_range", "时间超出范围", "A time lies before the earliest or after the latest that can be true.", "Check unit and century of the time.", "检查时间的单位与年份"),
    Reason(15, "clock_ahead", "时钟超前", "The event's time lies too far ahead of its recording.", "Have the sender set its clock; the event is kept and can be replayed.", "请报送方校准时钟;事件已留存,可重放"),
    Reason(16, "weight_range", "重量超出范围", "The weight is negative, no number, or beyond the limit.", "Check the column and weight_unit.", "检查列与 weight_unit"),
    Reason(17, "piece_range", "子件序号超出范围", "The piece is no whole number from 0 to 4095.", "Check the column.", "检查列"),
    Reason(18, "void_without_event_id", "撤销缺少事件编号", "A voiding does not say which event it voids.", "Fill the column voids with the id of the wrong event.", "在 voids 列填写被撤销事件的编号"),
    Reason(19, "document_event", "文档事件无法使用", "An EPCIS event that names no single item, or means nothing postal.", "See the reference of EPCIS; nothing to do if that is intended.", "见 EPCIS 说明;如属预期则无需处理"),
    Reason(20, "too_late", "迟到超过更正期限", "The event is older than the days that can still be corrected.", "Raise the correction horizon and send the file again.", "调大更正期限后重报"),
    Reason(21, "erased", "已删除的寄件", "The event is of an item that was erased.", "Nothing to do: the erasure stands.", "无需处理:删除仍然有效"),
    Reason(22, "past_retention", "超过保存期", "The event is of an item whose earlier events are past their retention, and begins no new journey.", "Nothing to do, or keep the log longer (retain_log_days).", "无需处理,或延长事件日志保存期"),
    Reason(23, "other_operator", "非本企业的行", "The row is of another operator than the one who reports.", "Leave it out: each operator reports its own items.", "请剔除:各企业只报送本企业的寄件"),
)  # fmt: skip

BY_CODE: dict[str, Reason] = {reason.code: reason for reason in REASONS}
BY_ID: dict[int, Reason] = {reason.id: reason for reason in REASONS}

LINE_TOO_LONG = BY_CODE["line_too_long"].id
INVALID_UTF8 = BY_CODE["invalid_utf8"].id
MALFORMED = BY_CODE["malformed"].id
CONFIDENTIAL = BY_CODE["confidential"].id
NO_EVENT = BY_CODE["no_event"].id
MISSING_WAYBILL = BY_CODE["missing_waybill"].id
LONG_WAYBILL = BY_CODE["long_waybill"].id
BAD_WAYBILL = BY_CODE["bad_waybill"].id
BAD_CHECK_DIGIT = BY_CODE["bad_check_digit"].id
UNKNOWN_OPERATOR = BY_CODE["unknown_operator"].id
MISSING_KIND = BY_CODE["missing_kind"].id
MISSING_TIME = BY_CODE["missing_time"].id
BAD_TIME = BY_CODE["bad_time"].id
TIME_OUT_OF_RANGE = BY_CODE["time_out_of_range"].id
CLOCK_AHEAD = BY_CODE["clock_ahead"].id
WEIGHT_RANGE = BY_CODE["weight_range"].id
PIECE_RANGE = BY_CODE["piece_range"].id
VOID_WITHOUT_EVENT_ID = BY_CODE["void_without_event_id"].id
OTHER_OPERATOR = BY_CODE["other_operator"].id
DOCUMENT_EVENT = BY_CODE["document_event"].id
