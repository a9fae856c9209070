"""A finished table becomes a Vega-Lite chart, and a chart a picture.

This room knows none of our data: a chart function gets a table, the texts to write on it and the names of its
columns, and adds up nothing but what lies side by side in a bar. Others may rely on the functions of `bars`, `lines`
and `tilemap`, on `theme` for every colour and size, and on `render` for pictures. Read `base.py` first: what every
chart has.
"""
