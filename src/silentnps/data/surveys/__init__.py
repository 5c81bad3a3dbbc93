"""What answers look like as a whole: surveys of several kinds, tests among them, and answers nobody gave so."""
