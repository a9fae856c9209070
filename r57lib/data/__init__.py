"""What is known: the declared tables, read, held against their rules, and cut at a day of knowledge.

Everything else rests on this room, and it on nothing but `disk` and `errors`. Others may rely on `load.load_tables`,
which gives `Tables` that nobody can change, with a version and a digest of each file; on `Tables.known(day)`, in
which corrections have taken their place; on the code lists and `Finding` of `codes`; and on `periods`. A table
of `data/` is opened in `load` and nowhere else. Read `data/datapackage.json` first, which declares the tables, and
`schema.py`, which reads it; then `load.py` and `tables.py`.
"""
