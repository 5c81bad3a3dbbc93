"""What a model would have said at each wave, held to what came."""
