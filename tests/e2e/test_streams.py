"""Where the report goes, and where the run begins: pipes, full devices, closed streams, odd places and locales."""

from __future__ import annotations

import subprocess

from tests.e2e.checkout import LOCK, Checkout, deployment


def by_shell(checkout: Checkout, script: str, **variables: str) -> tuple[int, str, str]:
    """What a shell line with `"$@"` for gitops-clone gives: exit code, standard output, standard error."""
    done = subprocess.run(
        ["sh", "-c", script, "sh", *checkout.command()],
        cwd=checkout.path,
        env=checkout.variables() | variables,
        capture_output=True,
        timeout=60,
    )
    errors = done.stderr.decode()
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    return done.returncode, done.stdout.decode("ascii", "backslashreplace"), errors


def test_a_report_that_has_no_room(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    line = "gitops-clone: the report cannot be written: No space left on device\n"
    for arguments in ("scan", "check --format json", "rewrite --dry-run"):
        assert by_shell(checkout, f'"$@" {arguments} >/dev/full') == (2, "", line)


def test_streams_that_are_closed(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    assert by_shell(checkout, '"$@" check >&-') == (1, "", "")
    assert by_shell(checkout, '"$@" scan 2>&-')[0] == 0
    assert by_shell(checkout, '"$@" rewrite >&- 2>&-') == (0, "", "")
    assert checkout.image() == checkout.at_backup("index_docker_io/library/nginx:1.27")


def test_check_keeps_its_exit_code_when_nobody_reads(checkout: Checkout) -> None:
    images = [f"ghcr.io/acme/{'long' * 20}:{number}" for number in range(3000)]
    checkout.write("many.yaml", "\n---\n".join(map(deployment, images)))
    code, out, errors = by_shell(checkout, '{ "$@" check; echo $? >&3; } 3>&2 | head -n 1')
    assert (code, errors) == (0, "1\n")
    assert out.startswith("many.yaml:10:18: ")


def test_a_working_directory_that_is_gone(checkout: Checkout) -> None:
    line = "gitops-clone: the working directory does not exist any more\n"
    assert by_shell(checkout, 'mkdir gone; cd gone; rmdir ../gone; "$@" scan') == (2, "", line)


def test_a_locale_without_unicode(checkout: Checkout) -> None:
    checkout.write("Prüfung.yaml", deployment("ghcr.io/acme/shop:${TÄG}"))
    for variables in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}):
        code, out, _ = by_shell(checkout, '"$@" scan', **variables)
        assert code == 0
        assert "has a variable" in out


def test_what_a_pull_request_could_make_of_our_own_files(checkout: Checkout) -> None:
    checkout.deploy("nginx:1.27")
    for name in (LOCK, ".gitops-clone.toml"):
        (checkout.path / name).symlink_to("/dev/zero")
        done = checkout.run("rewrite", code=2)
        assert done.errors == [f"gitops-clone: {name}: a symbolic link; replace it by a regular file"]
        (checkout.path / name).unlink()
