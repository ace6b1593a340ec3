"""How the program starts and ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import indexnet_cli
from tests.cli.running import environment, invoke, run

HEAVY = ("torch", "cv2", "PIL", "numpy", "rich")


def imported_by(arguments: list[str]) -> set[str]:
    program = (
        "import sys, atexit\n"
        f"sys.argv = ['indexnet', *{arguments!r}]\n"
        "atexit.register(lambda: print('\\n' + ' '.join(sys.modules), file=sys.stderr))\n"
        "from indexnet_cli.cli.main import main\n"
        "main()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment()
    )
    assert result.returncode == 0, result.stderr
    return {name.partition(".")[0] for name in result.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["matte", "--help"], ["weights", "--help"], ["train", "--help"]]
)
def test_help_is_light(arguments: list[str]) -> None:
    assert imported_by(arguments).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "command",
    ["matte", "batch", "composite", "trimap", "edit", "eval", "info", "weights list",
     "weights pull", "weights add", "weights verify", "weights remove", "weights path",
     "weights convert"],
)  # fmt: skip
def test_help_has_examples(command: str) -> None:
    said = invoke(*command.split(), "--help").stdout
    assert re.search(rf"Examples?:\s+indexnet {command}", said), said


def test_version_is_lighter() -> None:
    assert imported_by(["--version"]).isdisjoint((*HEAVY, "typer"))
    assert run("--version", text=True).stdout == f"indexnet {indexnet_cli.__version__}\n"


def test_importing_the_package_is_light() -> None:
    program = "import sys, indexnet_cli; print(' '.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment()
    )
    assert set(result.stdout.split()).isdisjoint(HEAVY)


def test_python_interface() -> None:
    for name in indexnet_cli.__all__:
        assert getattr(indexnet_cli, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = indexnet_cli.nothing


def test_unknown_commands_and_options() -> None:
    assert run("mate").returncode == 2
    assert run("matte", "a.png", "b.png", "--precision", "fp8").returncode == 2


def test_a_closed_pipe_is_quiet() -> None:
    command = [sys.executable, "-m", "indexnet_cli", "weights", "list", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals on Windows")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals(tmp_path: Path, number: signal.Signals, code: int) -> None:
    program = (
        "import sys, time\n"
        "import indexnet_cli.cli.guided as guided\n"
        "def wait(*_): print('ready', flush=True); time.sleep(30)\n"
        "guided._read = wait\n"
        f"sys.argv = ['indexnet', 'matte', 'a.png', 'b.png', '-o', r'{tmp_path / 'o.png'}']\n"
        "from indexnet_cli.cli.main import main\n"
        "main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.1)
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == code
    assert b"Traceback" not in errors


def test_info_counts_the_released_network() -> None:
    result = invoke("info", "--model", "indexnet", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["model"]["parameters"] == 5_953_515
    assert told["model"]["in units of 2^30"] == "5.19 G at 224x224"
    assert "8.15 M" in told["model"]["note"]
    assert told["versions"]["indexnet"] == indexnet_cli.__version__


def test_info_says_which_checkpoint_and_why(weights_file: Path) -> None:
    result = invoke("info", "--weights", weights_file)
    assert result.exit_code == 0
    assert str(weights_file) in result.stdout
    assert "--weights names it" in result.stdout


def test_weights_list_and_path(own_home: Path) -> None:
    listed = invoke("weights", "list")
    assert "indexnet.official" in listed.stdout
    assert "non-commercial" in listed.stdout
    entries = json.loads(invoke("weights", "list", "--json").stdout)
    assert entries[0]["name"] == "indexnet.open"
    assert invoke("weights", "path").stdout.strip() == str(own_home / "weights")
    assert invoke("weights", "path", "indexnet.official").stdout.strip() == str(
        own_home / "weights" / "indexnet_matting.pth.tar"
    )
    assert invoke("weights", "path", "indexnet").stdout.strip().endswith("open.safetensors")
    assert invoke("weights", "path", "magic").exit_code == 2


@pytest.mark.parametrize(
    ("model", "parameters", "multiply_adds"),
    [
        ("deepmatting", 130_545_345, "32.34 G at 224x224"),
        ("dim", 28_297_153, None),
        ("dim.refine", 28_373_954, None),
        ("dim.chainer", 26_477_889, None),
    ],
)
def test_info_counts_the_networks_with_vgg16(
    model: str, parameters: int, multiply_adds: str | None
) -> None:
    result = invoke("info", "--model", model, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["model"]
    assert told["parameters"] == parameters
    assert multiply_adds is None or told["in units of 2^30"] == multiply_adds


def test_info_recognises_weights(weights_file: Path, tmp_path: Path) -> None:
    told = json.loads(invoke("info", "--weights", weights_file, "--json").stdout)
    assert told["checkpoint"]["model"] == "indexnet.open"
    save_file({"fc.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    told = json.loads(invoke("info", "--weights", tmp_path / "other.safetensors", "--json").stdout)
    assert "no known model" in told["checkpoint"]["problem"]


def test_heavy_imports_are_left_to_no_collector() -> None:
    program = (
        "import gc\n"
        "from indexnet_cli.cli.heavy_imports import heavy_imports\n"
        "try:\n"
        "    with heavy_imports():\n"
        "        assert not gc.isenabled()\n"
        "        import nothing_of_that_name\n"
        "except ImportError:\n"
        "    print(gc.isenabled(), gc.get_freeze_count())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    enabled, frozen = done.stdout.split()
    assert enabled == "True"
    assert int(frozen) > 1000
