"""What people do with the market, start to end, in a real browser; in both languages and widths."""
