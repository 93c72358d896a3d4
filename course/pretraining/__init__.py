"""The course's own backbone, for machines without network: `train` it, and `compare` what it is worth."""

from pathlib import Path

from course.project import CourseError


def add_commands(commands):
    """Add this room's commands to the command line."""
    pretrain = commands.add_parser(
        "pretrain",
        help="train the course's own backbone, for machines without network (maintainers; 20 to 40 minutes)",
    )
    pretrain.set_defaults(do=_pretrain)
    pretrain.add_argument(
        "--compare",
        action="store_true",
        help="do not train it: measure on the chest phantom what it is worth against training from scratch",
    )
    pretrain.add_argument("--images", type=int, metavar="N", help="scenes to train on (default: 16000)")
    pretrain.add_argument("--epochs", type=int, metavar="N", help="passes over them (default: 24)")
    pretrain.add_argument(
        "--output", metavar="DIR", help="folder of the weights and their record (default: data/weights)"
    )


def _pretrain(root, options):
    pretrain(
        root,
        images=options.images,
        epochs=options.epochs,
        compare=options.compare,
        output=options.output,
    )


def pretrain(root, *, images=None, epochs=None, compare=False, output=None):
    """Train and write the weights; or, with `compare`, compare those that are there. Prints what it does.

    Parameters
    ----------
    root : the project. images, epochs : of the source task; None: those of `train`.
    compare : no training on the source task; measure what the weights in `output` are worth on the chest phantom.
    output : folder of the weights and of their record (JSON). None: data/weights.
    """
    folder = Path(output) if output else root / "data" / "weights"
    if not compare:
        from course.pretraining.train import train

        return train(folder, images=images, epochs=epochs)
    if images is not None or epochs is not None:
        raise CourseError("--compare takes the weights as they are: leave out --images and --epochs")
    from course.pretraining.compare import compare_recorded

    return compare_recorded(folder)
