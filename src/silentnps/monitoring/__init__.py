"""Is a model still good? A new wave against the wave of the training, with a stated rate of false alarms."""
