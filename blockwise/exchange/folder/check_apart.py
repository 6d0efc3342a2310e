"""Do the roads lie where the blocks are?"""

from typing import Final

import numpy as np
import shapely

from blockwise.exchange.folder.plane import Plane
from blockwise.exchange.folder.problems import SHOWN_OF_A_KIND, Problems
from blockwise.exchange.folder.rows import CityFolder

FILE: Final = "roads.parquet"
NEAR_M: Final = 500.0
MOST_WITHOUT: Final = 0.05  # share of the smallest blocks that may have no road near: lakes, parks, an island
FIX: Final = "Give roads of the city itself, in the coordinate system that city.yaml names"


def check_apart(folder: CityFolder, problems: Problems) -> None:
    """Notes roads that lie elsewhere; warns where more than a few of the smallest blocks have none near."""
    roads, lowest = folder.roads, folder.city.levels[-1].key
    cells = [block for block in folder.blocks if block.level == lowest]
    if not cells or not len(roads.edge):
        return
    middle = shapely.union_all([block.geometry.envelope for block in cells]).centroid
    plane = Plane(middle.x, middle.y)
    starts, ends = plane.points(roads.from_lon, roads.from_lat), plane.points(roads.to_lon, roads.to_lat)
    tree = shapely.STRtree(shapely.linestrings(np.stack((starts, ends), axis=1)))
    shapes = plane.shapes(np.array([block.geometry for block in cells], dtype=object))
    reached = np.unique(tree.query(shapes, predicate="dwithin", distance=NEAR_M)[0])
    without = np.setdiff1d(np.arange(len(cells)), reached)
    if len(without) == len(cells):
        _, metres = tree.query_nearest(shapes, return_distance=True, all_matches=False)
        where = f"lon {np.median(roads.from_lon):.4f}, lat {np.median(roads.from_lat):.4f}"
        what = f"no road is near a block: the nearest is {metres.min() / 1000:,.0f} km away, most lie around {where}"
        problems.error(FILE, None, what, FIX)
    elif len(without) > MOST_WITHOUT * len(cells):
        first = ", ".join(cells[number].code for number in without[:SHOWN_OF_A_KIND])
        what = (
            f"{len(without):,} of {len(cells):,} blocks of the level {lowest} have no road within {NEAR_M:.0f} m,"
            f" {first} among them"
        )
        problems.warning(FILE, None, what, FIX)
