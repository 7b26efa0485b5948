"""Is a number certain, is a map right: intervals over patients, and maps against the nodule's mask."""
