"""How a running Pinback is put together: settings, addresses of pages, and the entry of the web server."""
