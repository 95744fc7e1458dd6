"""Where and how networks compute: devices, threads, runtimes and their file formats."""
