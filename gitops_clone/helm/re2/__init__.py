"""Go's regular expressions (RE2): parsed here, since Python's differ, and matched in bounded time, hostile or not."""
