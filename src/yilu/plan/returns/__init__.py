"""Returns of enterprises (报表): read, checked, kept with what they replaced, and asked about in a letter.

They are statistics: nothing that supervises reads them (a test holds that).
"""

from yilu.plan.returns.findings import REASONS, Finding
from yilu.plan.returns.forms import Forms, forms_of
from yilu.plan.returns.judging import judged
from yilu.plan.returns.kept import Kept, accept, kept
from yilu.plan.returns.letter import letter
from yilu.plan.returns.reading import Cell, read

__all__ = ["REASONS", "Cell", "Finding", "Forms", "Kept", "accept", "forms_of", "judged", "kept", "letter", "read"]
