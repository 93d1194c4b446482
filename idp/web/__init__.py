"""What every page shares. Owns the layout and its macros, styles and scripts, response headers, form protection, error
pages, translations and masking; hands on `install`, which wires all of it into an application. May not know members,
agencies or protocols, and reads no store: what a page shows is given to it.
"""

from idp.web.auto_post import auto_post
from idp.web.csrf import exempt
from idp.web.forms import OneLine, PageForm, Secret
from idp.web.headers import allow_form_targets, allow_frames
from idp.web.installation import install

__all__ = ["OneLine", "PageForm", "Secret", "allow_form_targets", "allow_frames", "auto_post", "exempt", "install"]
