"""The HTTP API: the market and the engine for programs, and the webhooks that call them."""
