"""Requests and responses: formats, ETags, links, problems, the description of the API."""
