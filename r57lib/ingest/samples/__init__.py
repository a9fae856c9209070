"""Made-up files to try things with, marked as such: a register of tasks, and sets of transactions."""
