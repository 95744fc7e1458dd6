"""Position as evidence: ground planes of cameras, known or learned, and sightings on them."""
