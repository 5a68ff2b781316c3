"""No scenario is needed: both functions take and return plain data."""
