"""What is done for customers who object: opt-outs, and customers who are forgotten."""
