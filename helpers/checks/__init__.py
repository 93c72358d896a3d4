"""Feedback on exercises. `from helpers.checks import lesson01 as checks`, then
`checks.window_hu(window_hu)`."""
