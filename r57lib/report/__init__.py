"""The monthly report: plan, run, export, publish. The only user of papermill and nbconvert."""

from r57lib.report.plan import NOTEBOOKS, Plan, Run, make_plan
from r57lib.report.publish import publish

__all__ = ["NOTEBOOKS", "Plan", "Run", "make_plan", "publish"]
