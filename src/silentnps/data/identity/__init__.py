"""Several keys of one customer: what files share links them, and each row gets the customer's own id."""
