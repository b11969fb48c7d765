"""Database access: everything that names a dialect stands here and in the migrations."""
