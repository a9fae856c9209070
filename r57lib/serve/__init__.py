"""Live pages: the controls of a notebook, and the server around them.

`dashboard.controls` makes a notebook's parts follow its controls, in JupyterLab as on the server. The server is Voila
with its doors closed: a visitor chooses among values that are known, and nothing that a visitor sends is run or
opened. Others may rely on `dashboard.controls` and on `start.serve`. Read `dashboard.py` first for what a choice
does, then `app.py` for the guards.
"""
