"""The same trials on a Dask cluster: workers start and watch them, the client judges and keeps the records."""
