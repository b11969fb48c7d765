"""What may be asked: parameters as data, conditions, cursors, and the statements they become. No HTTP here."""
