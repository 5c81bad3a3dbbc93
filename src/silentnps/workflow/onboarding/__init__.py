"""From a user's files to a first configuration: what each file is, what each column means, and why."""
