"""The auditor: knows only cash in, cash out and who holds what, from events sent and decisions received.

Nothing here reads the rules or the tables that it audits; what it holds decisions against is the text of
`settlement.md`, said once more in terms of who paid, who was paid, and who holds which voucher.
"""
