"""What a closed network installs from: one folder, made where the internet is, installed where no network is at all."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.conftest import ROOT, call_r57
from tests.serving import free_port

DEPLOY = ROOT / "deploy"
ALONE = ["unshare", "--map-root-user", "--net", "sh", "-euc"]
"""A shell in a network of its own, in which there is nothing but, once it is up, loopback."""

SERVES = """
ip link set lo up
test "$(ip -o link | wc -l)" = 1  # loopback alone
{r57} serve --port {port} --data data & server=$!
trap 'kill $server' EXIT
{python} - <<'END'
import time, urllib.request
def ask(path, **headers):
    asked = urllib.request.Request("http://127.0.0.1:{port}" + path, headers=headers)
    return urllib.request.urlopen(asked, timeout=120).read().decode()
for _ in range(600):
    try:
        home = ask("/")
        break
    except OSError:
        time.sleep(0.1)
assert "voila/render/overview.ipynb" in home and "reports/" in home
assert "r57-session" in ask("/voila/render/overview.ipynb", **{{"X-R57-Live": ""}})
END
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made") / "r57-bundle"
    subprocess.run([DEPLOY / "bundle.sh", sys.executable, made], check=True, timeout=900)
    moved = tmp_path_factory.mktemp("carried") / "stick"
    shutil.move(made, moved)
    return moved


@pytest.fixture(scope="module")
def installed(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the script of the bundle makes, where no network is."""
    if subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network of their own (unshare --map-root-user --net)")
    target = tmp_path_factory.mktemp("opt") / "r57"
    done = alone(f"{bundle}/install.sh {target}", tmp_path_factory.mktemp("home"))
    assert done.returncode == 0, done.stderr
    yield target


def alone(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{Path(sys.base_prefix) / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)}
    call = [*ALONE, script]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600)


@pytest.mark.bundle
def test_a_bundle_is_all_that_a_closed_network_needs(installed: Path, tmp_path: Path) -> None:
    """A folder to work in, a month in both languages, and the dashboards; JupyterLab is not among it, and says so."""
    r57, python = installed / "bin" / "r57", installed / "bin" / "python"
    made = alone(f"{r57} init mine && cd mine && {r57} report --notebook overview --language both", tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "mine" / "reports" / "latest" / "overview.vi.html").is_file()
    served = alone(f"cd mine\n{SERVES.format(r57=r57, python=python, port=free_port())}", tmp_path)
    assert served.returncode == 0, served.stderr
    lab = alone(f"cd mine && {r57} lab", tmp_path)
    assert lab.returncode == 2 and "pip install 'r57[lab]'" in lab.stderr
    listed = alone(f"{python} -m pip list --format freeze", tmp_path).stdout.casefold()
    assert not {"jupyterlab", "pytest", "playwright"} & set(re.findall(r"^([\w.-]+)==", listed, flags=re.M))


@pytest.mark.bundle
def test_a_bundle_that_was_harmed_or_is_for_another_python_installs_nothing(bundle: Path, tmp_path: Path) -> None:
    told = tmp_path / "bundle"
    shutil.copytree(bundle, told, copy_function=os.link)
    (told / "PYTHON").unlink()
    (told / "PYTHON").write_text("3 9 linux riscv64\n")
    spoiled = subprocess.run([told / "install.sh", tmp_path / "r57"], capture_output=True, text=True, check=False)
    assert spoiled.returncode == 1 and "not as it was made" in spoiled.stderr
    sums = (told / "SHA256SUMS").read_text().replace("./PYTHON", "./nothing")
    (told / "SHA256SUMS").unlink()
    (told / "SHA256SUMS").write_text("".join(line for line in sums.splitlines(True) if "nothing" not in line))
    other = subprocess.run([told / "install.sh", tmp_path / "r57"], capture_output=True, text=True, check=False)
    assert other.returncode == 2 and "for Python and machine '3 9 linux riscv64'" in other.stderr
    assert not (tmp_path / "r57").exists()


# --- the recipes -----------------------------------------------------------------------------------------------------


def test_the_image_has_no_fault_that_a_linter_knows() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DEPLOY / "Containerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def options(command: str) -> set[str]:
    return set(re.findall(r"--[a-z-]+", call_r57(command, "--help").stdout))


def test_the_recipes_call_the_commands_as_they_are() -> None:
    """Without root, on a file system that is only read, and by a port that only this machine reaches."""
    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    (words,) = re.findall(r"^CMD \[(.*)\]$", image, flags=re.M)
    assert set(re.findall(r"--[a-z-]+", words)) <= options("serve")
    assert "USER 10057:10057" in image and "EXPOSE 8866" in image
    unit = (DEPLOY / "r57.container").read_text(encoding="utf-8")
    (line,) = re.findall(r"^Exec=serve (.*)$", unit, flags=re.M)
    assert set(re.findall(r"--[a-z-]+", line)) <= options("serve")
    assert {"ReadOnly=true", "DropCapability=all", "PublishPort=127.0.0.1:8866:8866"} <= set(unit.splitlines())
    crontab = (DEPLOY / "r57-report.crontab").read_text(encoding="utf-8")
    (line,) = re.findall(r"^# .* podman run (.*)$", crontab, flags=re.M)
    assert {"--read-only", "--tmpfs", "--rm"} <= set(shlex.split(line))
    assert set(re.findall(r"--[a-z-]+", line.partition(" report ")[2])) <= options("report")


def containers(told: Any) -> Iterator[dict[str, Any]]:
    """Those of a file for a cluster, at any depth."""
    for name, value in told.items() if isinstance(told, dict) else enumerate(told):
        if name == "containers":
            yield from value
        elif isinstance(value, (dict, list)):
            yield from containers(value)


@pytest.mark.parametrize("name", ["r57-cluster.yaml", "r57-report.cronjob.yaml"])
def test_a_cluster_takes_the_file(name: str) -> None:
    """By the schemas of the newest version that the library knows; what is called is there, with its options."""
    parts = list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))
    for part in parts:
        kubernetes_validate.validate(part, kubernetes_validate.latest_version(), strict=True)
    for each in containers(parts):
        assert each["securityContext"]["readOnlyRootFilesystem"] is True
        program, *call = [*each.get("command", ["/opt/r57/bin/r57"]), *each.get("args", [])]
        own = Path(sys.executable).with_name(Path(program).name)
        told = subprocess.run([own, call[0], "--help"], capture_output=True, text=True, check=True)
        known = options(call[0]) if own.name == "r57" else set(re.findall(r"--[a-z-]+", told.stdout))
        assert {word for word in call if word.startswith("--")} <= known


def test_the_cronjob_is_a_run_that_needs_nothing() -> None:
    job = yaml.safe_load((DEPLOY / "r57-report.cronjob.yaml").read_text(encoding="utf-8"))
    assert (job["kind"], job["apiVersion"]) == ("CronJob", "batch/v1")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    command, *arguments = container["args"]
    assert command == "report" and {each for each in arguments if each.startswith("--")} <= options("report")
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    mounted = {each["mountPath"]: each.get("readOnly", False) for each in container["volumeMounts"]}
    assert mounted == {"/project": True, "/reports": False, "/tmp": False}
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
