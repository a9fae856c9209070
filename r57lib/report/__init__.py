"""A month's report: what is to be run, the runs, publishing whole or not at all, approval, and telling of it.

`plan` says which notebooks run with which parameters (a `Run`), `job` tells a process of one (a `Job`), `worker` does
it in a process of its own, and `publish` puts the month in place in one step. This is the only room that uses
papermill and nbconvert. Others may rely on `batch.publish_months`, on `approve` and on `exports.write`; what lies in a
month's folder is told by its `manifest.json`. Read `batch.py` first, then `plan.py` and `publish.py`.
"""
