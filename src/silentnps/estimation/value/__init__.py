"""What answers are worth: NPS weighted by spend, the spend that answered, and the spend of likely detractors."""
