"""A month's data in the formats that others exchange: SDMX, JSON-stat, CSV on the Web, Parquet, DCAT, data packages."""
