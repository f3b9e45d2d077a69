"""What is there? One province: areas, facilities, operators, service levels, obligations, demand and distances, read and checked."""

from yilu.network.checking import check
from yilu.network.facility_kinds import FACILITY_KINDS
from yilu.network.province import LEVELS, Network, folder_of, load
from yilu.network.reading import Problem

__all__ = ["FACILITY_KINDS", "LEVELS", "Network", "Problem", "check", "folder_of", "load"]
