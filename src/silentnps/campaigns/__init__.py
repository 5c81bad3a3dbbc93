"""What a campaign changed: differences in differences between customers who got it and others like them."""
