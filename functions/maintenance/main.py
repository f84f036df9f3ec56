"""Tasks that no client waits for, each by a schedule of its own: `notify`, `roll_up_usage`, `retention` and
`delete_accounts`, which is the only one to need more than Postgres."""

from collections.abc import Callable
from typing import Any

from oneai import accounts, analytics, files, jobs, log, notifications, usage
from oneai.clients import secrets_manager

# So much of the function's time stays for the end of a batch and for the answer.
SECONDS_LEFT_BY_COUNTING = 30
SECONDS_LEFT_BY_RETENTION = 90
# Of one account: its answers stop within 45 s, and the statement that erases it may take 300 s on its own.
SECONDS_LEFT_BY_DELETION = 420

type SecondsLeft = Callable[[], float]

secrets_manager.load()


def notify(seconds_left: SecondsLeft) -> dict[str, int]:  # noqa: ARG001  a run takes seconds
    """Every five minutes: enqueue the mail that time and use cause. Counts it by its cause."""
    done = jobs.run(notifications.notify())
    log.info("mail posted", **done)
    return done


def roll_up_usage(seconds_left: SecondsLeft) -> dict[str, int]:
    """Every hour: add up usage, accounts and revenue, mail the month's report, and count what people store.

    Counts the events, the changes of accounts and of billing, the reports, and the people.
    """
    jobs.run(analytics.set_time_zone())
    done = jobs.run(usage.add_up())
    done |= jobs.run(analytics.roll_up())
    done["reports"] = jobs.run(analytics.enqueue_report())
    done |= jobs.run(files.count_storage(seconds_left() - SECONDS_LEFT_BY_COUNTING))
    log.info("usage added up and storage counted", **done)
    return done


def retention(seconds_left: SecondsLeft) -> dict[str, int]:
    """Every night: remove what has been over for longer than it is kept. Counts rows by their kind."""
    done = jobs.run(accounts.remove_what_is_over(seconds_left() - SECONDS_LEFT_BY_RETENTION))
    log.info("what was over is removed", **done)
    return done


def delete_accounts(seconds_left: SecondsLeft) -> dict[str, int]:
    """Every hour: delete the accounts whose days of grace are over. Counts them by what became of them."""
    done = jobs.run(accounts.delete_due_accounts(seconds_left() - SECONDS_LEFT_BY_DELETION))
    log.info("accounts deleted", **done)
    return done


TASKS = {"notify": notify, "roll_up_usage": roll_up_usage, "retention": retention, "delete_accounts": delete_accounts}


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Runs the `task` that the schedule's `Input` names, and returns what it counted."""
    name = str(event.get("task"))
    if name not in TASKS:
        raise ValueError(f"The event's task is one of {', '.join(TASKS)}.")
    # Reported by its task: Lambda's own metrics are of the whole function.
    return jobs.report(name, context, lambda: TASKS[name](lambda: context.get_remaining_time_in_millis() / 1000))
