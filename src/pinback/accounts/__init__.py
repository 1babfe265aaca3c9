"""People, shops, staff with their roles, and the keys and sessions that act for them."""
