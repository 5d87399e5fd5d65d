"""`python -m vasttui.sim`: the simulator without the rest of the command line."""

from __future__ import annotations

import argparse
import sys

from vasttui.sim.faults import FaultSyntaxError, parse_fault
from vasttui.sim.faults import __doc__ as faults_help
from vasttui.sim.rights import GROUPS
from vasttui.sim.server import SimOptions, serve


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vasttui.sim",
        description="A simulated Vast.ai on 127.0.0.1. Nothing is spent.",
        epilog=faults_help,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="divides all times")
    parser.add_argument("--offers", type=int, default=400)
    parser.add_argument("--instances", type=int, default=0, help="boxes that are there from the start")
    parser.add_argument("--credit", type=float, default=41.20, help="dollars")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=ARG", help="see below; repeatable")
    parser.add_argument("--enforce-rates", action="store_true", help="answer 429 to calls that come too soon")
    parser.add_argument("--real-shell", action="store_true", help="run what is sent to a box ON THIS COMPUTER")
    parser.add_argument("--rows-most", type=int, default=64, help="offers in one answer; 0: all")
    parser.add_argument("--hosts", type=_numbers, default=(), metavar="ID,ID", help="hosts with machines on the market")
    parser.add_argument("--price-step", type=float, default=0.0, help="$/h: many offers cost exactly the same")
    parser.add_argument("--no-ssh-key", action="store_true", help="the account has no SSH key registered")
    parser.add_argument("--rights", type=_words, help=f"the key's permission groups, of {', '.join(GROUPS)}")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when stdin does")
    return parser


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, _words(text)))


def main() -> int:
    """Run until a signal; returns the exit status."""
    args = _parser().parse_args()
    try:
        faults = tuple(parse_fault(text) for text in args.fault)
        options = SimOptions(
            port=args.port,
            seed=args.seed,
            speed=args.speed,
            offers=args.offers,
            instances=args.instances,
            faults=faults,
            enforce_rates=args.enforce_rates,
            credit=args.credit,
            real_shell=args.real_shell,
            rows_most=args.rows_most or None,
            hosts=args.hosts,
            price_step=args.price_step,
            ssh_key=not args.no_ssh_key,
            rights=args.rights,
        )
        serve(options, out=sys.stdout, until_stdin_closes=args.until_stdin_closes)
    except FaultSyntaxError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"the simulator cannot use port {args.port}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
