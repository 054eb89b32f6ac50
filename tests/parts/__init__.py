"""Real parts for tests: registries, images, a faulty proxy, a user's container configuration. No test code."""
