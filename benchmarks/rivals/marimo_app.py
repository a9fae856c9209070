"""The page as a marimo app."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from tasks_page import LANGUAGE_CHOICES, figures_of, month_choices, title

    return LANGUAGE_CHOICES, figures_of, mo, month_choices, title


@app.cell
def _(LANGUAGE_CHOICES, mo, month_choices):
    months = month_choices()
    month = mo.ui.dropdown(months, value=months[0], label="Tháng · Month")
    language = mo.ui.dropdown(LANGUAGE_CHOICES, value="vi", label="Ngôn ngữ · Language")
    mo.hstack([month, language], justify="start")
    return language, month


@app.cell
def _(language, mo, title):
    mo.md(f"# {title(language.value)}")
    return


@app.cell
def _(figures_of, language, mo, month):
    def section(figure):
        parts = [mo.md(f"## {figure.heading}\n\n### {figure.title}")]
        if figure.chart is not None:
            parts.append(figure.chart)
        return [*parts, mo.Html(figure.table.to_html(index=False))]

    mo.vstack([part for figure in figures_of(month.value, language.value) for part in section(figure)])
    return


if __name__ == "__main__":
    app.run()
