"""What is known: the declared tables, read, held against their rules, and cut at a day of knowledge.

Everything else rests on this room, and it on nothing but `disk` and `errors`. Others may rely on `load.load_tables`,
which gives `Tables` that nobody can change, with a version and a digest of each file; on `Tables.known(day)`, in
which corrections have taken their place; on the code lists and `Finding` of `codes`; and on `periods`. A file of
`data/` is opened in `load` and nowhere else. Read `schema.py` first: it says what the tables are; then `load.py` and
`tables.py`.
"""
