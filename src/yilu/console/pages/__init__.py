"""The screens. A page is a function from what was asked to what is shown; one way of showing turns it into HTML, JSON or CSV."""
