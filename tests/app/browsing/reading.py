"""How tests read the pages of `app.browse`."""

from __future__ import annotations

import re
from html import unescape

from starlette.testclient import TestClient


def page(client: TestClient, address: str, *, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    return answer.text


def links(text: str, path: str) -> list[str]:
    """Addresses of a page's links to a path, in their order."""
    return [unescape(one) for one in re.findall(rf'href="({re.escape(path)}\?[^"]*)"', text)]
