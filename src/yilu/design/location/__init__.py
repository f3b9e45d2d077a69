"""Where should stations stand?"""
