"""Test AUC after a long and a short training of the default study, paired by seed.

Usage: python benchmarks/epochs.py [--epochs 24 12] [--seeds 1 2 3 4 5]

Both trainings of a pair have the same seed, so the same split and the same initial weights. Results are kept in
`artifacts/`, and a pair is printed as soon as it is there, with the seconds of both trainings.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import with_upstream
from camfolio.results.evaluation import EvaluationResult
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.study.file import read_study

PROJECT = Path(__file__).parents[1]
STUDY = PROJECT / "gen" / "studies" / "lung-nodules.yaml"


def trained(epochs: int, seed: int) -> tuple[float, float]:
    """Test AUC, and seconds of the training."""
    study = read_study(STUDY, [f"training.max_epochs={epochs}", f"seed={seed}"])
    results = build(with_upstream(("evaluation",), stages(study, STUDY.parent)), Store(PROJECT / "artifacts"))
    auc = EvaluationResult.read(results["evaluation"].folder).metrics["auc"].value
    return (float("nan") if auc is None else auc), results["training"].manifest.seconds


def main() -> None:
    """Train, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, nargs=2, default=(24, 12))
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2, 3, 4, 5))
    wanted = parser.parse_args()
    differences = []
    for seed in wanted.seeds:
        (long, long_seconds), (short, short_seconds) = (trained(epochs, seed) for epochs in wanted.epochs)
        differences.append(short - long)
        print(f"seed {seed}: {long:.4f} ({long_seconds:.0f} s), {short:.4f} ({short_seconds:.0f} s)", flush=True)
    spread = statistics.stdev(differences) if len(differences) > 1 else float("nan")
    print(f"difference {statistics.mean(differences):+.4f}, standard deviation over seeds {spread:.4f}")


if __name__ == "__main__":
    main()
