"""What can be asked: tables, columns, system calls and families, declared once as data."""
