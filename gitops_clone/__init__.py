"""Back up every container image that a GitOps repository references, and relocate the references."""

__version__ = "0.1.0"
