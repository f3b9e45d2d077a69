"""An evaluation as a report: what is said, in which order, in both languages (总体情况、主要指标、主要任务、重大工程、问题及原因、对策建议、附件)."""

from yilu.plan.evaluation.report.document import document

__all__ = ["document"]
