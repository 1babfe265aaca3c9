"""The demo market: shops, products, buyers and weeks of what they do, made by the market's own actions."""
