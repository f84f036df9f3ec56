"""`python -m bench.chaos`, which is `make chaos`: rounds of faults over its own stack, and then a check of the
invariants."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import httpx
import psycopg

from bench import people, tool
from bench.chaos import plan, report
from bench.chaos.credit import give_credits
from bench.chaos.run import Chaos
from bench.chaos.site import SERVING, publish
from bench.chaos.team import MEMBERS, make_team
from bench.invariants import texts
from bench.quiet import NeverQuiet
from stand_ins.supabase_auth.signer import Signer

_A_DAY = 86_400


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if the invariants hold, 1 if not, 2 if the run could not start."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--rounds", type=tool.positive(int, "ROUNDS"), default=300)
    parser.add_argument("--seed", type=tool.seed)
    options = parser.parse_args(arguments)
    return tool.main(lambda: _run(int(options.rounds), tool.new_seed() if options.seed is None else options.seed))


def _run(rounds: int, seed: int) -> bool:
    with tool.own_stack("chaos") as stack:
        with psycopg.connect(stack.database, autocommit=True) as connection:
            texts.watch(connection)
            signer = Signer.load(stack.data, stack.url)
            users = people.sign_up(connection, signer, plan.users_of(rounds), seconds=_A_DAY)
            give_credits(connection, users)
            members = people.sign_up(connection, signer, MEMBERS, seconds=_A_DAY)
            team = make_team(connection, members)
            site = publish(
                connection, stack.url, people.sign_up(connection, signer, SERVING, 1_000_000, seconds=_A_DAY)
            )
        print(f"{rounds} rounds, seed {seed} (again the same: make chaos ROUNDS={rounds} SEED={seed})", flush=True)
        chaos = Chaos(stack, [user.token for user in users], team, site, seed=seed, rounds=rounds)
        try:
            asyncio.run(chaos.run())
        except (NeverQuiet, psycopg.OperationalError, httpx.HTTPError) as error:
            chaos.outcome.unanswered.append(str(error))
            stack.keep_data = True
            print(f"The run ended after {len(chaos.outcome.rounds)} rounds: {error}")
            return False
        stack.keep_data = not chaos.outcome.holds
    report.show(chaos.outcome)
    print(f"Report: {report.write(chaos.outcome, seed, rounds)}")
    return chaos.outcome.holds


if __name__ == "__main__":
    sys.exit(main())
