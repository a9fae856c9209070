"""A process that has imported everything and forks: whoever is forked has nothing left to import.

This room names none of our modules: whoever starts a warm process says which function it calls to get ready. Others
may rely on `process.WarmProcess` (a function in a forked process) and on `kernels.warm_provisioning` (every kernel of
a server is forked); where a fork is not to be had, an ordinary process does the same work. Read `process.py` first,
then `child.py`, which is the other end of its line.
"""
