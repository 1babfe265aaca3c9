"""An independent reference model of the settlement rules: plain and slow, written from the specification
alone, so that the product's replies to long seeded streams can be compared with it."""
