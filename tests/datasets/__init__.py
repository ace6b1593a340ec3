"""Tests of the training-sample generator."""
