"""Results of a run beside its videos: tracks, report, summary."""
