"""Synthetic days: what would happen?"""
