"""Takes in the files of ministries: read, recognise, parse, bin every row, and hand back what is to be mended."""

from __future__ import annotations
