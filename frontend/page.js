// What every page loads: htmx, which works under our content security policy as it is.

import "htmx.org";
