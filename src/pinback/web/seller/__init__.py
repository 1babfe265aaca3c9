"""The seller center: where shops work."""
