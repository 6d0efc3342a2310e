"""Rates of areas with honest intervals: limits, standardisation, funnels, shrinkage, change."""
