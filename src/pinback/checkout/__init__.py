"""From what a buyer wants to a deal: quotes, orders, their payment, their group, their refunds."""
