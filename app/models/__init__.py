"""What the pages show: item models over the client. They load, sort and filter themselves, and say errors in words.

No widget lives here, and no page talks to the gate but through these models.
"""
