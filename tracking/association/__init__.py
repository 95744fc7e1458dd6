"""Association across cameras: one identity per vehicle, decided online and revised."""
