"""The pages of the window, a folder a page: each has `create(client, shell)`, which makes its models and gives them to it."""
