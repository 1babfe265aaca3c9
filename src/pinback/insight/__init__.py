"""What the figures say: reports about a shop, read from the tables of settlement, never written there."""
