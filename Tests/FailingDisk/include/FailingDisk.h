// A library to be preloaded (LD_PRELOAD), not called: see FailingDisk.c.
