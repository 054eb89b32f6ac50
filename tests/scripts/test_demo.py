from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_demo_shows_the_rewrite_and_stops_its_registries(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.demo", "--folder", str(tmp_path / "demo")]

    demo = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=120)

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "+          image: localhost:" in demo.stdout
    assert "/index_docker_io/library/nginx:1.27-alpine" in demo.stdout
    assert "docker.io/bitnami/mongodb:4.4.15-debian-11-r8: not backed up" in demo.stdout
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["shop"]
