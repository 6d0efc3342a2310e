"""Blocks of a city folder out of outlines in the formats that surveyors, planners and portals use."""
