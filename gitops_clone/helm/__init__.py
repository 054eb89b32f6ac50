"""Helm charts rendered in pure Python, offline, with no Helm installed: what would each template say with these values?

`chart.read` reads a chart's folder, `render.render` renders it. Measured against Helm 4.1; what cannot be told is
`Unsupported`, never a guess. Nothing here runs programs, looks at the environment, or speaks to a network.
"""
