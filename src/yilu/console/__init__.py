"""The console: how people see the province and act. Django; facts are read, never written; records are kept in a database.

``access`` says who may see what, ``seen`` is the only way from a page to the facts, ``pages`` are the screens, ``records`` what people keep.
"""
