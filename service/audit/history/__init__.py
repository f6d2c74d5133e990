"""What the log tells of incidents, for people, and proven: `audit history`, `diff` and `report`."""
