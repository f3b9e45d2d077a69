"""A refusal as a machine reads it: one form (RFC 9457) with what is wrong in English and in Chinese."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

CONTENT_TYPE = "application/problem+json"
_ZH: dict[int, str] = {
    400: "请求无法读取", 401: "未登录,或密钥无效", 403: "该角色无权访问", 404: "没有此名称的内容,或不在可见范围内", 405: "此地址没有这种操作", 411: "未写明正文长度", 413: "正文过长或行数过多",
    415: "不接收这种格式的正文", 422: "请求不符合接口文档", 429: "积压过多,请稍后再试", 500: "程序错误", 503: "磁盘或记录库暂不可写",
}  # fmt: skip


def problem_of(status: int, detail: str, zh: str = "", **more: Any) -> dict[str, Any]:
    """The refusal ``detail`` of a status; ``zh``: the same in Chinese, where there is none what the status means."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "detail_zh": zh or _ZH.get(status, "请求未被接受"),
        **more,
    }
