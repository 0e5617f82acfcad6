"""What guards the layout: imports, routes, settings, moves, templates."""
