"""Roles of the people of an administration and of carriers, and rights beside them.

Sources: the plan's section 4.9 (one platform for province and cities), the roles named in ``notes`` of the administration (duty officer, safety centre, supervisor, statistician, planner).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DUTY, MONITOR, SUPERVISOR, STATISTICIAN, PLANNER = "duty", "monitor", "supervisor", "statistician", "planner"
CARRIER, AUDITOR, ADMINISTRATOR, SCREEN, VISITOR = "carrier", "auditor", "administrator", "screen", "visitor"


@dataclass(frozen=True)
class Role:
    """One role. ``statistics``: sees statistics-only data; ``supervision``: sees what serves supervision; ``brands``: sees firms by name."""

    id: str
    name: Promise
    means: Promise
    supervision: bool = True
    statistics: bool = False
    brands: bool = True


ROLES: dict[str, Role] = {
    r.id: r
    for r in (
        Role(DUTY, _("值班员"), _("省、市邮政管理局值班:看全网、接预警、报事件、指挥处置")),
        Role(MONITOR, _("安全中心监测员"), _("监测并移送线索;无处罚权")),
        Role(SUPERVISOR, _("监管员"), _("企业、备案、三项制度、案件")),
        Role(STATISTICIAN, _("统计员"), _("统计与规划评价;见统计专用数据"), supervision=False, statistics=True),
        Role(PLANNER, _("规划员"), _("规划目标、预测、评价与下一期规划"), supervision=False, statistics=True),
        Role(CARRIER, _("企业用户"), _("只见本企业:报送数据、质量、预警、答复")),
        Role(AUDITOR, _("审计员"), _("审计记录与访问记录,只读")),
        Role(ADMINISTRATOR, _("系统管理员"), _("账号、设置、系统运行;不见寄件内容")),
        Role(SCREEN, _("大屏"), _("指挥中心大屏,只读")),
        Role(VISITOR, _("参观大屏"), _("参观时的大屏:不显示企业名称"), brands=False),
    )
}

STAFF = frozenset({DUTY, MONITOR, SUPERVISOR})
"""Those who watch and supervise."""
ITEMS = STAFF | {CARRIER}
"""Those who may look at single items, each look with its reason on record."""
OFFICE = STAFF | {STATISTICIAN, PLANNER}
SCREENS = frozenset({SCREEN, VISITOR})
EVERYBODY = frozenset(ROLES) - SCREENS
"""All who have a seat; a wall screen has none."""

APPROVER = "approver"
RIGHTS: dict[str, Promise] = {APPROVER: _("审批人")}
"""Rights that are added to a role."""
