"""What a person types: `r57` and its commands, one file a group of them.

The only room that prints and that asks what day it is. A command checks its call, imports what it needs when it is
called, and leaves the work to the other rooms: people read stderr, programs stdout, and exit codes mean something.
Nobody relies on this room. Read `app.py` first.
"""
