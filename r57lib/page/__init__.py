"""The parts of a page as HTML, their styles and scripts, and tables as files.

What notebooks call is `display`; what a figure is made of is `parts`. Every text that comes from data passes through
the escaping templates on its way to HTML. Others may rely on both, on `sheets` for CSV and XLSX and on `assets` for
what a page carries with it. `renderer` shows an analyst's own charts, `lab` is the extension of JupyterLab. Read
`parts.py` first, then `display.py` and `templates/figure.html`.
"""
