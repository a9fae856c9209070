"""The monthly report: plan, run, export, publish. The only user of papermill and nbconvert."""

from r57lib.report.spec import NOTEBOOKS

__all__ = ["NOTEBOOKS"]
