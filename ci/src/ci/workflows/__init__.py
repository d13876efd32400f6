"""The workflows of a code host (GitHub Actions): held against rules, and what an event would call."""

from typing import Final

PUSH: Final = "push"
PULL_REQUEST: Final = "pull_request"
SCHEDULE: Final = "schedule"
DISPATCH: Final = "workflow_dispatch"
EVENTS: Final = (PUSH, PULL_REQUEST, SCHEDULE, DISPATCH)
