"""Which passages answer a query? The plan, both legs, their fusion, and the resolve against the record."""

from zhida.retrieval.errors import ProfileUnknownError, QueryInvalidError
from zhida.retrieval.passages import Passage, QueryPlan, SearchOutcome
from zhida.retrieval.plan import Profile
from zhida.retrieval.service import RetrievalService
from zhida.retrieval.settings import FusionMethod, RetrievalSettings

__all__ = [
    "FusionMethod",
    "Passage",
    "Profile",
    "ProfileUnknownError",
    "QueryInvalidError",
    "QueryPlan",
    "RetrievalService",
    "RetrievalSettings",
    "SearchOutcome",
]
