"""The page as a Panel app."""

import panel as pn
from tasks_page import LANGUAGE_CHOICES, figures_of, month_choices, title

pn.extension("vega")

month = pn.widgets.Select(name="Tháng · Month", options=month_choices())
language = pn.widgets.Select(name="Ngôn ngữ · Language", options=LANGUAGE_CHOICES)


def page(month: str, language: str) -> pn.Column:
    """The title and the figures, made anew when a select changes."""
    parts = [pn.pane.Markdown(f"# {title(language)}")]
    for figure in figures_of(month, language):
        parts.append(pn.pane.Markdown(f"## {figure.heading}\n\n### {figure.title}"))
        if figure.chart is not None:
            parts.append(pn.pane.Vega(figure.chart, sizing_mode="stretch_width"))
        parts.append(pn.pane.DataFrame(figure.table, index=False))
    return pn.Column(*parts, sizing_mode="stretch_width")


pn.Column(pn.Row(month, language), pn.bind(page, month, language), sizing_mode="stretch_width").servable()
