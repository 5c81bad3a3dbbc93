"""What a team does about the scores: whom to contact, why, how, when, and what that changed."""
