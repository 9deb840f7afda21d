"""All that the behaviour tests share, by one name."""

from peer import *
from programs import *
from tap import *
