"""Who may write to whom: addresses, patterns, and the decision. Pure: no input or output, no clock, no order."""
