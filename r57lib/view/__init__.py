"""What one reader looks at: a month as known on a day, in one language, narrowed by filters.

Others may rely on `view.open_view` and the `View` that it gives, on `filters.FILTERS` and `apply_filters`, on
`words.Words` for every text, number and date that a person reads, and on `citations` for how a fact is cited. Nothing
is computed here and nothing is drawn. Read `view.py` first, then `filters.py`.
"""
