"""The runs of a month on other machines, by dask.distributed: `schedule.py` is a caller's side, `worker.py` theirs."""
