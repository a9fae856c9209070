"""Takes in what ministries and provinces send: every row is accounted for, and what is to be mended goes back.

A file passes through `files` (what its bytes are), `heading` (which column is which field), `values`, `deadlines` and
`leads` (what a cell says) and `binning` (the bin of each row), and then into the store, whole or not at all. Nothing is
guessed: what has two readings has none. `template` writes what senders may fill in. Others may rely on `take.take`,
`template` and `answer`; the store itself is read in `data`. Read `take.py` first, then `kinds.py`: what a file may
hold, and under which headings.
"""
