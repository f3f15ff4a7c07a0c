"""The pages of the window, a folder a page: `create(client, shell)` makes it with its models."""
