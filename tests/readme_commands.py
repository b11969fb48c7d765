"""The questions of README.md."""

import re
import shlex
from urllib.parse import urlsplit

from app.settings import PROJECT_ROOT

README = (PROJECT_ROOT / "README.md").read_text()
TOUR = re.findall(r"```sh\n(curl [^\n]+)\n```\n\n```json\n(.*?)```", README, re.DOTALL)


def path_of(command: str) -> str:
    parts = urlsplit(shlex.split(command)[-1])
    assert parts.netloc == "127.0.0.1:8000"
    return f"{parts.path}?{parts.query}"
