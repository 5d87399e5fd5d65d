def main() -> None:
    """Entry point, filled in soon."""
