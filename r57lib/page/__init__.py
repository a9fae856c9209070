"""The parts of a page as HTML, their styles and scripts, and tables as files.

What notebooks call is `display`; what a page is made of are `figure` and `parts`. Every text that comes from data
passes through the escaping templates on its way to HTML. Others may rely on them, on `sheets` for CSV and XLSX and on
`assets` for what a page carries with it. `renderer` shows an analyst's own charts, `lab` is that of JupyterLab.
Read `figure.py` first, then `parts.py`, `display.py` and `templates/figure.html`.
"""
