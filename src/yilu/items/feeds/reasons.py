"""Why a row of a feed is quarantined: every reason with its code, its text in Chinese and English, and the next step.

A row bears the first fault that holds, in the order of its columns. Codes are append-only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One reason."""

    code: str
    zh: str
    en: str
    next_step: str
    next_step_zh: str


REASONS: tuple[Reason, ...] = (
    Reason("malformed", "格式错误", "Not a row of this format: columns too many or too few, or no JSON object.", "Have the sender repair the row.", "请报送方更正该行"),
    Reason("invalid_utf8", "编码错误", "A value is not text in UTF-8.", "Have the file written as UTF-8.", "以 UTF-8 重新导出"),
    Reason("missing", "缺少必填值", "A required value is empty.", "Have the sender fill it.", "请报送方补填"),
    Reason("unknown_code", "代码未登记", "An operator or facility is not in the province folder.", "Add it to the province folder, or have the code corrected.", "在省份文件夹补充,或更正代码"),
    Reason("bad_value", "取值不符合要求", "A value is not what its column is for.", "Have the sender correct it; `expected` says what it must be.", "请报送方更正;“应为”一栏说明要求"),
    Reason("contradiction", "数值矛盾", "Two values of the row can't both be true.", "Have the sender check both.", "请报送方核对两个数值"),
)  # fmt: skip

BY_CODE: dict[str, Reason] = {reason.code: reason for reason in REASONS}
