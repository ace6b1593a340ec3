"""Validation: which pictures, and which errors of their mattes."""
