"""Background tasks with their own schedules: `notify`, `roll_up_usage`, `retention` and `delete_accounts`, the only one
that needs more than Postgres."""

from collections.abc import Callable
from typing import Any

from oneai import accounts, analytics, files, jobs, log, notifications, usage
from oneai.accounts import chatbot_erasure_job, departure_job, team_deletion_job
from oneai.billing import ledger_roots
from oneai.chatbots import analytics as chatbot_analytics
from oneai.chatbots import topics
from oneai.clients import secrets_manager
from oneai.inbox import ended_waits, visitor_mail
from oneai.provider_keys import encrypt_again

# The part of the function's time for the end of a batch and for the answer.
SECONDS_LEFT_BY_COUNTING = 30
# What follows adds up in batches; questions that are not grouped wait for the next run.
SECONDS_LEFT_BY_GROUPING = 600
SECONDS_LEFT_BY_RETENTION = 90
# For one account or team: its answers stop within 45 s, and the statement that erases it may take 300 s.
SECONDS_LEFT_BY_DELETION = 420

type SecondsLeft = Callable[[], float]

secrets_manager.load()


def notify(seconds_left: SecondsLeft) -> dict[str, int]:  # noqa: ARG001  a run takes seconds
    """Every five minutes: end what conversations of the inbox wait for, and queue the mail that time and usage trigger.
    Counts both by kind."""
    done = jobs.run(ended_waits.end_waits())
    done["visitors"] = jobs.run(visitor_mail.enqueue_due())
    done |= jobs.run(notifications.notify())
    log.info("mail posted", **done)
    return done


def roll_up_usage(seconds_left: SecondsLeft) -> dict[str, int]:
    """Every hour: add up usage, chatbots' figures, accounts and revenue, mail the monthly report, count storage, and
    sign the ledger's root of the day if it has none.

    Counts the events, the changes of chatbots, accounts and billing, the questions that were grouped, the reports, the
    users, and the roots with their chains.
    """
    jobs.run(analytics.set_time_zone())
    done = jobs.run(usage.add_up())
    done["chatbots"] = jobs.run(chatbot_analytics.roll_up())
    done["questions"] = jobs.run(topics.group_questions(seconds=seconds_left() - SECONDS_LEFT_BY_GROUPING))
    done |= jobs.run(analytics.roll_up())
    done["reports"] = jobs.run(analytics.enqueue_report())
    done |= jobs.run(files.count_storage(seconds_left() - SECONDS_LEFT_BY_COUNTING))
    done |= jobs.run(ledger_roots.sign_daily_root())
    log.info("usage added up and storage counted", **done)
    return done


def retention(seconds_left: SecondsLeft) -> dict[str, int]:
    """Every night: delete data past its retention period. Counts rows by kind."""
    done = jobs.run(accounts.remove_what_is_over(seconds_left() - SECONDS_LEFT_BY_RETENTION))
    log.info("expired data is deleted", **done)
    return done


def delete_accounts(seconds_left: SecondsLeft) -> dict[str, int]:
    """Every hour: delete the accounts and then the teams whose grace period has ended, and what waited for former
    members of teams, and deleted chatbots. Then encrypt provider keys again whose data key is suspected. Counts all by
    outcome."""
    done = jobs.run(accounts.delete_due_accounts(seconds_left() - SECONDS_LEFT_BY_DELETION))
    teams = jobs.run(team_deletion_job.delete_due_workspaces(seconds_left() - SECONDS_LEFT_BY_DELETION))
    done |= {f"workspaces_{outcome}": count for outcome, count in teams.items()}
    departures = jobs.run(departure_job.erase_due_departures(seconds_left() - SECONDS_LEFT_BY_RETENTION))
    done |= {f"departures_{outcome}": count for outcome, count in departures.items()}
    chatbots = jobs.run(chatbot_erasure_job.erase_due_chatbots(seconds_left() - SECONDS_LEFT_BY_RETENTION))
    done |= {f"chatbots_{outcome}": count for outcome, count in chatbots.items()}
    keys = jobs.run(encrypt_again.encrypt_again())
    done |= {f"provider_keys_{outcome}": count for outcome, count in keys.items()}
    log.info("accounts and workspaces deleted", **done)
    return done


TASKS = {"notify": notify, "roll_up_usage": roll_up_usage, "retention": retention, "delete_accounts": delete_accounts}


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Runs the `task` in the schedule's `Input`, and returns its counts."""
    name = str(event.get("task"))
    if name not in TASKS:
        raise ValueError(f"The event's task must be one of {', '.join(TASKS)}.")
    # The task reports itself, because Lambda's own metrics cover the whole function.
    return jobs.report(name, context, lambda: TASKS[name](lambda: context.get_remaining_time_in_millis() / 1000))
