"""What the behaviour tests share, by one import: from harness import *."""

from peer import *
from programs import *
from tap import *
