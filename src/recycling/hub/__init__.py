"""Where repositories of strangers are listed and read: a folder, or the Hugging Face Hub."""
