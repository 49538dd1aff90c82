"""From the parquet files that benchopt writes to RESULTS.md."""
