"""What people keep: each type of record is declared once, and gets its list, its page, its form, its history, CSV and JSON alike."""
