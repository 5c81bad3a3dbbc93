"""What was predicted at a moment, and what came: answers, behaviour, classes. Arrays in, numbers out."""
