"""The city folder: one city's whole configuration as files, read and checked without Django."""

from blockwise.exchange.folder.check import check_folder, examine_folder, sound_folder
from blockwise.exchange.folder.problems import BadFolder, Problem
from blockwise.exchange.folder.read import read_folder
from blockwise.exchange.folder.rows import CityFolder

__all__ = ["BadFolder", "CityFolder", "Problem", "check_folder", "examine_folder", "read_folder", "sound_folder"]
