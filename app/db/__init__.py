"""How a database is reached. Everything that names a dialect lives here (and in the migrations)."""
