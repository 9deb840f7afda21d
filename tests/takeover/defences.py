"""What stops the attempts, and how each defence is taken away."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from attempts import Attempt
from kernel import number_of
from mutants import Change, Replacement, build
from scene import Scene, scene

# What takes each defence away: from a build (mutants.py) or from a run
# (without.c).  The filter's way depends on the attempt, Landlock's on the version.
DEFENCES: dict[str, Change | Replacement | dict[str, str]] = {
    "limits": {"TAKEOVER_UNLIMITED": "1"},
    "SO_PASSRIGHTS": {"TAKEOVER_PASSRIGHTS": "1"},
    "not dumpable": {"TAKEOVER_DUMPABLE": "1"},
    "closed ruleset": {"TAKEOVER_KEEPS": "ruleset"},
    "standard descriptors": {"TAKEOVER_KEEPS": "standard"},
    "one signature": Change(
        "keyholder/keyholder_serve.c",
        "send_reply(channel, &reply);\n\treturn false;",
        "send_reply(channel, &reply);\n\treturn true;",
    ),
    "results of their own": Replacement(
        "listener/shared_result.c", "results_in_one_object.c"
    ),
    "tables that are not inherited": {"TAKEOVER_INHERITS": "1"},
    "wiped stack": Change(
        "listener/listener_sessions.c", "\twipe_stack();\n", ""
    ),
    "closing one by one": Change(
        "base/descriptors.c",
        "closefrom(from);",
        "(void)close_range((unsigned int)from, ~0U, 0);",
    ),
    "check of results": Change(
        "session/session_result.c",
        "if (can_be_true(r, life_ns, asked))",
        "if (can_be_true(r, life_ns, asked) || r != NULL)",
    ),
    "separators cleaned": Change(
        "session/session_result.c", 'strchr("();", *c)', "NULL"
    ),
    "kill by the listener": Change(
        "listener/listener.c", "\tlistener_kill_overdue(l, now);\n", ""
    ),
    "form of what is signed": Change(
        "keyholder/keys.c", "!signing_allowed(", "false && !signing_allowed("
    ),
}


@dataclass
class Lacking:
    """Defences that a service lacks."""

    changes: tuple[Change | Replacement, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def scene(self, attempt: Attempt) -> AbstractContextManager[Scene]:
        return scene(
            self.variables,
            attempt.pair,
            build(self.changes),
            attempt.options,
            attempt.refused,
        )


def without_filter(attempt: Attempt) -> dict[str, str]:
    numbers = (str(number_of(call)) for call in attempt.calls.split() if call != "all")
    return {"TAKEOVER_ALLOWED": ",".join(numbers) or "all"}


def lacking(attempt: Attempt, kept: str | None = None) -> Lacking:
    """All defences against the attempt but the one that is kept."""
    variables: dict[str, str] = {}
    changes: list[Change | Replacement] = []
    for defence in attempt.defences:
        kind, _, version = defence.partition(" ")
        if kind == "landlock":
            # No more of it, either, than is kept.
            least = int(version) if defence == kept else int(version) - 1
            variables["TAKEOVER_LANDLOCK"] = str(least)
        elif defence == kept:
            continue
        elif kind == "filter":
            variables |= without_filter(attempt)
        else:
            match DEFENCES[defence]:
                case dict(run):
                    variables |= run
                case change:
                    changes.append(change)
    return Lacking(tuple(changes), variables)


# Nothing confines a process.
BARE = {
    "TAKEOVER_ALLOWED": "all",
    "TAKEOVER_LANDLOCK": "0",
    "TAKEOVER_UNLIMITED": "1",
}
# The defences of a process that is no session, and what of BARE takes each away.
ALONE = {
    "filter": "TAKEOVER_ALLOWED",
    "landlock": "TAKEOVER_LANDLOCK",
    "limits": "TAKEOVER_UNLIMITED",
}


def all_but(kept: str) -> dict[str, str]:
    return {name: value for name, value in BARE.items() if name != ALONE[kept]}
