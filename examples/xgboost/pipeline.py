"""Trains a gradient-boosted model in stages until it is good enough.

Each stage goes on from the model of the one before: what the walkthrough of Kubeflow on AWS calls
"XGBoost - Iterative model training".

The data are made on the spot, so that nothing but the image and its packages is fetched.
`make verify` runs it; `python examples/xgboost/pipeline.py pipeline.yaml` compiles it for the
dashboard.
"""

# kfp reads annotations when a component is defined: no `from __future__ import annotations` here.
import sys

from kfp import compiler, dsl

IMAGE = "python:3.11-slim"
PACKAGES = ["xgboost-cpu==3.2.0"]  # brings numpy and scipy


@dsl.component(base_image=IMAGE, packages_to_install=PACKAGES)
def make_data(rows: int, training: dsl.Output[dsl.Dataset], validation: dsl.Output[dsl.Dataset]):
    """Fares of rides: a base, a price per mile, and dearer nights."""
    import numpy as np

    random = np.random.default_rng(seed=26)
    miles = random.gamma(2.0, 2.0, rows)
    hour = random.integers(0, 24, rows)
    fare = 3.25 + 2.25 * miles + 4.0 * (hour < 6) + random.normal(0, 0.5, rows)
    table = np.column_stack([fare, miles, hour])
    edge = rows * 4 // 5
    np.savetxt(training.path, table[:edge], delimiter=",")
    np.savetxt(validation.path, table[edge:], delimiter=",")
    training.metadata["rows"] = edge
    validation.metadata["rows"] = rows - edge


@dsl.component(base_image=IMAGE, packages_to_install=PACKAGES)
def train(training: dsl.Input[dsl.Dataset], rounds: int, model: dsl.Output[dsl.Model]):
    """The first model."""
    import numpy as np
    import xgboost

    table = np.loadtxt(training.path, delimiter=",")
    booster = xgboost.train(
        {"objective": "reg:squarederror", "max_depth": 4},
        xgboost.DMatrix(table[:, 1:], table[:, 0]),
        num_boost_round=rounds,
    )
    model.metadata["rounds"] = booster.num_boosted_rounds()
    with open(model.path, "wb") as file:
        file.write(booster.save_raw("json"))


@dsl.component(base_image=IMAGE, packages_to_install=PACKAGES)
def train_until_good(
    training: dsl.Input[dsl.Dataset],
    validation: dsl.Input[dsl.Dataset],
    earlier: dsl.Input[dsl.Model],
    rounds: int,
    stages: int,
    good_error: float,
    model: dsl.Output[dsl.Model],
) -> int:
    """More rounds on top of a model, stage by stage; returns how many stages it took."""
    import numpy as np
    import xgboost

    def matrix(path):
        table = np.loadtxt(path, delimiter=",")
        return xgboost.DMatrix(table[:, 1:], table[:, 0]), table[:, 0]

    data, _ = matrix(training.path)
    unseen, fares = matrix(validation.path)
    with open(earlier.path, "rb") as file:
        booster = xgboost.Booster(model_file=bytearray(file.read()))
    taken = 0
    while taken < stages:
        taken += 1
        booster = xgboost.train(
            {"objective": "reg:squarederror", "max_depth": 4},
            data,
            num_boost_round=rounds,
            xgb_model=booster,
        )
        if float(np.mean((booster.predict(unseen) - fares) ** 2)) <= good_error:
            break
    model.metadata["rounds"] = booster.num_boosted_rounds()
    with open(model.path, "wb") as file:
        file.write(booster.save_raw("json"))
    return taken


@dsl.component(base_image=IMAGE, packages_to_install=PACKAGES)
def evaluate(
    model: dsl.Input[dsl.Model],
    validation: dsl.Input[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
) -> float:
    """Mean squared error on what the model has not seen."""
    import numpy as np
    import xgboost

    table = np.loadtxt(validation.path, delimiter=",")
    with open(model.path, "rb") as file:
        booster = xgboost.Booster(model_file=bytearray(file.read()))
    predicted = booster.predict(xgboost.DMatrix(table[:, 1:]))
    error = float(np.mean((predicted - table[:, 0]) ** 2))
    metrics.log_metric("mean_squared_error", error)
    return error


@dsl.pipeline(name="xgboost-iterative-training")
def iterative_training(
    rows: int = 5000, rounds: int = 5, stages: int = 10, good_error: float = 0.4
) -> float:
    """Train, evaluate, and train on from there until the error is good enough.

    Args:
        rows: How many rides to make up.
        rounds: Boosting rounds of each stage.
        stages: Stages at most.
        good_error: Mean squared error at which to stop.

    Returns:
        The error of the last model.
    """
    data = make_data(rows=rows)
    first = train(training=data.outputs["training"], rounds=rounds)
    evaluate(model=first.outputs["model"], validation=data.outputs["validation"]).set_display_name(
        "evaluate the first model"
    )
    good = train_until_good(
        training=data.outputs["training"],
        validation=data.outputs["validation"],
        earlier=first.outputs["model"],
        rounds=rounds,
        stages=stages,
        good_error=good_error,
    )
    last = evaluate(
        model=good.outputs["model"], validation=data.outputs["validation"]
    ).set_display_name("evaluate the last model")
    return last.outputs["Output"]


if __name__ == "__main__":
    compiler.Compiler().compile(iterative_training, sys.argv[1])
