"""What follows from the tables: pure functions, tables in and a table out, without words, files or a clock.

A measure knows its day because it is told, leaves unknown what is not known, and says in its docstring where its
formula comes from. Others may rely on every public function; two calls with the same tables give the same digits.
Read `progress.py` first: gap, share closed, pace and intervals, which most of the others use.
"""
