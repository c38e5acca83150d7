"""Pure functions and values: OTP algorithms, PIN rules, counters. Standard library only; no I/O, no clock."""
