"""How long this project's work takes beside what people would use instead: `make bench`.

Each module here has one subject and makes `Case`s of it; `program.SUBJECTS` lists them.
"""
