"""A notice in words, in the language of the moment."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.detector_words import detector_title
from geo.models import ImportJobState, Notice, NoticeKind

SENTENCES = {
    NoticeKind.TASK_ASSIGNED: gettext_lazy("%(by)s派给您：%(task)s"),
    NoticeKind.CASE_ROUTED: gettext_lazy("案件 %(case)s 已移交认定，由%(by)s经办"),
    NoticeKind.CASE_DETERMINED: gettext_lazy("案件 %(case)s 已认定为私搭乱建，拆除期限开始计算"),
    NoticeKind.STAGE_OVERDUE: gettext_lazy("案件 %(case)s 的拆除期限已过，仍未拆除"),
    NoticeKind.OPINION_ASKED: gettext_lazy("%(by)s请您会商图斑 %(flag)s：%(note)s"),
    NoticeKind.OPINION_ANSWERED: gettext_lazy("%(by)s已审核您请求会商的图斑 %(flag)s"),
    NoticeKind.PENALTY_DRAFTED: gettext_lazy("%(county)s %(month)s 的扣缴决定书草稿待复核下达"),
    NoticeKind.PENALTY_ISSUED: gettext_lazy("%(county)s %(month)s 的扣缴决定书 %(number)s 已下达"),
    NoticeKind.RUN_FINISHED: gettext_lazy("比对 %(run)s 已完成，图斑 %(count)s 个"),
    NoticeKind.RUN_FAILED: gettext_lazy("比对 %(run)s 失败，可查看原因后重试"),
    NoticeKind.SNAPSHOT_READY: gettext_lazy("影像“%(snapshot)s”检查通过，可以使用"),
    NoticeKind.SNAPSHOT_REFUSED: gettext_lazy("影像“%(snapshot)s”没有通过检查，请查看原因"),
    NoticeKind.IMPORT_ENDED: gettext_lazy("文件“%(file)s”%(state)s，共 %(count)s 行"),
    NoticeKind.MODEL_OFFERED: gettext_lazy("新模型“%(model)s”在留出的审核上优于原模型，可以启用"),
}
ICONS = {
    NoticeKind.TASK_ASSIGNED: "camera",
    NoticeKind.CASE_ROUTED: "arrow-right",
    NoticeKind.CASE_DETERMINED: "gavel",
    NoticeKind.STAGE_OVERDUE: "clock",
    NoticeKind.OPINION_ASKED: "users",
    NoticeKind.OPINION_ANSWERED: "users",
    NoticeKind.PENALTY_DRAFTED: "file",
    NoticeKind.PENALTY_ISSUED: "money",
    NoticeKind.RUN_FINISHED: "compare",
    NoticeKind.RUN_FAILED: "alert",
    NoticeKind.SNAPSHOT_READY: "image",
    NoticeKind.SNAPSHOT_REFUSED: "alert",
    NoticeKind.IMPORT_ENDED: "upload",
    NoticeKind.MODEL_OFFERED: "compare",
}


class _Facts(dict[str, object]):
    """A notice of an earlier version may lack what a sentence names today."""

    def __missing__(self, key: str) -> str:
        return "—"


def sentence(notice: Notice) -> str:
    """Say what happened and to which thing."""
    template = SENTENCES.get(NoticeKind(notice.kind)) or _("有新的通知")
    facts = _Facts(notice.facts)
    if notice.kind == NoticeKind.IMPORT_ENDED and facts.get("state") in ImportJobState.values:
        facts["state"] = str(ImportJobState(facts["state"]).label)
    if notice.kind == NoticeKind.MODEL_OFFERED and "model" in facts:
        facts["model"] = detector_title(str(facts["model"]))
    return str(template) % facts
