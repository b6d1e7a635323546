"""Every order, item and refund export that is read, made of the one description in ``trade``."""

from layouts_other import OTHERS
from layouts_taobao import TAOBAO

LAYOUTS = (*TAOBAO, *OTHERS)
