"""What the tests of corrections in the browser share: see `stores.city_store` for the vehicles."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from starlette.testclient import TestClient

from app.storage.store import Store

KEYS = ("north:1", "north:2", "south:1", "south:2")
DECIDED = [1, 2, 1, 3]
"""The identities of these, as the association decided."""


def identities(run: Path) -> list[int | None]:
    with Store.open(run) as store:
        found = {one.name: one.identity_id for one in store.sightings()}
    return [found[key] for key in KEYS]


def page(client: TestClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def correct(client: TestClient, *, status: int = 200, **form: object) -> str:
    """Send a form, and return the page that it leads to."""
    answer = client.post("/correct", data=form)
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    return unescape(answer.text)


def choices(text: str) -> list[str]:
    return re.findall(r'<input type="radio" name="kind" value="([^"]*)"', text)


def form_of(text: str, kind: str) -> dict[str, object]:
    """The hidden fields of a page's form that sends a kind of correction."""
    (form,) = [
        one
        for one in re.findall(r"<form.*?</form>", text, re.DOTALL)
        if f'name="kind" value="{kind}"' in one
    ]
    assert 'method="post" action="/correct"' in form
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(value)
    return dict(fields)
