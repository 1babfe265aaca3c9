"""The page that shows the API's description, without anything from elsewhere."""

import re

from django.contrib.staticfiles import finders
from django.test import Client


def test_the_page_takes_its_files_from_here() -> None:
    text = Client().get("/api/v1/docs").content.decode()
    taken = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert any("swagger-ui-bundle" in address for address in taken)
    assert all(address.startswith(("/static/", "static/")) for address in taken), taken
    assert finders.find("ninja/swagger-ui-init.js")
