"""The dashboards: Voila over the notebooks, with guards."""

from r57lib.serve.start import serve

__all__ = ["serve"]
