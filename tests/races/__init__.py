"""Many at once on the same thing, on both databases, each with a control that fails without its guard."""
