"""What commands say and ask: options, error lines and exit codes, progress."""
