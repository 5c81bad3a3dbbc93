"""What `validate` tells of a project."""
