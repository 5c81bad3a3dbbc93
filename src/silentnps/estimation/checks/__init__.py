"""How far an estimate can be trusted."""
