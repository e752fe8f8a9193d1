"""The client: what it reads, what it survives, what it keeps to itself."""
