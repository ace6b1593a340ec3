"""Processor seconds of SAD, MSE, Grad and Conn on one core, against a straightforward version.

    python benchmarks/metrics.py [--size 1920x1080] [--repeat 3]

The straightforward version restates the published formulas step by step with NumPy and SciPy
(`pip install scipy`). Both see the same made-up matte (soft blobs, errors everywhere) whose
every pixel is unknown: the most work there can be.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from indexnet_cli.metrics.connectivity_error import connectivity_error
from indexnet_cli.metrics.gradient_error import gradient_error
from indexnet_cli.metrics.mse import mse
from indexnet_cli.metrics.sad import sad

Metric = Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], float]


def plain_sad(p: NDArray[Any], g: NDArray[Any], unknown: NDArray[Any]) -> float:
    return float((np.abs(p / 255.0 - g / 255.0) * unknown).sum()) / 1000


def plain_mse(p: NDArray[Any], g: NDArray[Any], unknown: NDArray[Any]) -> float:
    return float((((p / 255.0 - g / 255.0) ** 2) * unknown).sum()) / unknown.sum()


def plain_grad(p: NDArray[Any], g: NDArray[Any], unknown: NDArray[Any]) -> float:
    x = np.arange(-4, 5, dtype=np.float64)
    bell = np.exp(-(x**2) / (2 * 1.4**2)) / (np.sqrt(2 * np.pi) * 1.4)
    kernel = np.outer(bell, -x * bell / 1.4**2)
    kernel /= np.sqrt((kernel**2).sum())

    def magnitude(levels: NDArray[Any]) -> NDArray[Any]:
        low, high = float(levels.min()), float(levels.max())
        values = (levels - low) / (high - low)
        across = ndimage.convolve(values, kernel, mode="nearest")
        down = ndimage.convolve(values, kernel.T, mode="nearest")
        return np.sqrt(across**2 + down**2)

    return float((((magnitude(p) - magnitude(g)) ** 2) * unknown).sum()) / 1000


def plain_conn(p: NDArray[Any], g: NDArray[Any], unknown: NDArray[Any]) -> float:
    p, g = p / 255.0, g / 255.0
    joined = np.full(p.shape, -1.0)
    for step in range(1, 11):
        labels, count = ndimage.label(((p >= step / 10) & (g >= step / 10)).T)
        if count == 0:
            continue
        sizes = np.bincount(labels.ravel())
        largest = (labels == 1 + sizes[1:].argmax()).T
        joined[(joined == -1) & ~largest] = (step - 1) / 10
    joined[joined == -1] = 1

    def connectedness(values: NDArray[Any]) -> NDArray[Any]:
        distance = values - joined
        return 1 - distance * (distance >= 0.15)

    return float((np.abs(connectedness(p) - connectedness(g)) * unknown).sum()) / 1000


METRICS: dict[str, tuple[Metric, Metric]] = {
    "SAD": (sad, plain_sad),
    "MSE": (mse, plain_mse),
    "Grad": (gradient_error, plain_grad),
    "Conn": (connectivity_error, plain_conn),
}


def made_up_mattes(height: int, width: int) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(5)
    coarse = rng.standard_normal((height // 40 + 2, width // 40 + 2))
    surface = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    truth = np.clip(surface + 0.5, 0, 1)
    wrong = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), 3)
    pred = np.clip(truth + wrong, 0, 1)
    return np.rint(pred * 255).astype(np.uint8), np.rint(truth * 255).astype(np.uint8)


def seconds(metric: Metric, arguments: tuple[Any, ...], repeat: int) -> tuple[float, float]:
    """Value, and the least processor seconds of ``repeat`` runs."""
    best, value = float("inf"), float("nan")
    for _ in range(repeat):
        started = time.process_time()
        value = metric(*arguments)
        best = min(best, time.process_time() - started)
    return value, best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="1920x1080", metavar="WIDTHxHEIGHT")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    width, height = (int(length) for length in options.size.split("x"))
    cv2.setNumThreads(1)
    pred, truth = made_up_mattes(height, width)
    arguments = (pred, truth, np.ones(pred.shape, np.bool_))
    print(f"{width} x {height}, every pixel unknown, one core\n")
    print("| | value | seconds | straightforward | ratio |\n|---|---:|---:|---:|---:|")
    for name, (ours, plain) in METRICS.items():
        value, fast = seconds(ours, arguments, options.repeat)
        expected, slow = seconds(plain, arguments, 1)
        np.testing.assert_allclose(value, expected, rtol=1e-9, err_msg=name)
        print(f"| {name} | {value:.6g} | {fast:.3f} | {slow:.3f} | {slow / fast:.1f} |")


if __name__ == "__main__":
    main()
