"""What deeds, and what they were done to, are called in the audit record, which keeps both as codes."""

from __future__ import annotations

from yilu.console.pages.naming import Pair

WHAT: dict[str, Pair] = {
    "login": ("登录", "login"), "logout": ("退出", "logout"), "login.refused": ("登录失败", "login refused"), "password.change": ("修改密码", "password changed"),
    "users.add": ("新建账号", "account made"), "users.change": ("修改账号", "account changed"), "users.renew": ("重置密码", "password renewed"),
    "vault.seal": ("封存单号", "number sealed"), "vault.ask": ("申请还原", "opening asked for"), "vault.approve": ("批准还原", "opening approved"), "vault.refuse": ("拒绝还原", "opening refused"),
    "vault.withdraw": ("撤回还原申请", "request withdrawn"), "vault.open": ("还原单号", "number opened"), "vault.unseal": ("启封结果", "outcome of opening"),
    "audit.head": ("签署树头", "head signed"), "records.backup": ("备份记录库", "records backed up"), "records.restore": ("恢复记录库", "records restored"),
    "items.look": ("查询寄件", "item looked up"), "items.list": ("列出寄件", "items listed"),
    "alerts.take": ("接收预警", "alert taken"), "alerts.give_back": ("退回预警", "alert given back"), "alerts.confirm": ("核实预警", "alert confirmed"),
    "alerts.dismiss": ("排除预警", "alert dismissed"), "alerts.reopen": ("重新处理预警", "alert opened again"), "alerts.comment": ("备注预警", "comment on an alert"),
    "alerts.answer": ("答复预警", "alert answered"), "alerts.to_incident": ("预警转为事件", "alert turned into an incident"),
    "silences.add": ("设置静默", "silence set"), "silences.withdraw": ("撤回静默", "silence withdrawn"), "silences.hand_on": ("重新发布静默", "silence published again"),
    "command.open": ("上报事件", "incident opened"), "command.grade": ("调整事件等级", "incident's gradings changed"), "command.plan": ("启动预案", "plan started"),
    "command.task": ("布置任务", "task set"), "command.task_end": ("办结任务", "task ended"), "command.task_again": ("恢复任务", "task open again"),
    "command.report": ("事件信息报告", "incident reported on"), "command.firm": ("企业报告与公告", "firm told"), "command.message": ("事件通信", "message in an incident"),
    "command.means": ("投入资源", "means put in"), "command.means_end": ("撤回资源", "means withdrawn"), "command.count": ("清点影响", "effects counted"),
    "command.alert": ("关联预警", "alert joined to an incident"), "command.end": ("结束处置", "handling ended"), "command.close": ("结案", "incident closed"),
    "command.again": ("恢复处置", "incident handled again"),
    "advice.advice": ("发出调度建议", "advice given"), "advice.order": ("下达调度指令", "order given"), "advice.city_received": ("市局接收建议", "advice received by the city"),
    "advice.passed": ("转交建议", "advice passed on"), "advice.firm_received": ("企业接收建议", "advice received by the firm"), "advice.answered": ("答复建议", "advice answered"),
    "advice.withdrawn": ("撤回建议", "advice withdrawn"), "handover.give": ("交班", "shift handed over"), "handover.take": ("接班", "shift taken over"),
    "protected.add": ("发布重要时点", "protected period declared"), "protected.end": ("提前结束重要时点", "protected period ended"),
    "protected.withdraw": ("撤回重要时点", "protected period withdrawn"), "protected.hand_on": ("重新发布重要时点", "protected period published again"),
    "protected.report": ("零报告", "zero report made"), "feeds.upload": ("上传文件", "file uploaded"), "feeds.mapping": ("发布代码映射", "code mapping published"),
    "keys.make": ("建立机器密钥", "machine key made"), "keys.revoke": ("停用机器密钥", "machine key revoked"), "outages.add": ("登记停报公告", "outage announced"),
    "outages.change": ("修改停报公告", "announced outage changed"), "outages.remove": ("删除停报公告", "announced outage removed"),
}  # fmt: skip
"""Deeds by code."""
KINDS: dict[str, Pair] = {
    "users": ("账号", "account"), "items": ("寄件", "items"), "alerts": ("预警", "alert"), "incidents": ("事件", "incident"), "advice": ("调度建议", "advice"),
    "handovers": ("交接班", "handover"), "silences": ("静默", "silence"), "protected_periods": ("重要时点", "protected period"), "zero_reports": ("零报告", "zero report"),
    "receipts": ("回执", "receipt"), "mappings": ("代码映射", "code mapping"), "keys": ("机器密钥", "machine key"), "outages": ("停报公告", "announced outage"),
    "vault": ("封存单号", "sealed number"), "audit": ("审计", "audit"), "records": ("记录库", "records"),
}  # fmt: skip
"""What deeds are done to, by code."""


def deed_name(code: str) -> Pair:
    """What a deed is called."""
    return WHAT.get(code, (code, code))


def kind_name(code: str) -> Pair:
    """What a kind of subject is called."""
    return KINDS.get(code, (code, code))


def kinds_called(text: str) -> list[str]:
    """Codes of the kinds that go by this code or name."""
    return [text, *(code for code, names in KINDS.items() if text in names and code != text)]
