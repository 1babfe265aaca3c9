"""Money in and money out, through the payment providers, each in a folder of its own and alike."""
