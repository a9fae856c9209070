def month_index(view, runs, language, languages):
    return "index"


def shelf(reports, labels):
    return {"index.html": "x"}
