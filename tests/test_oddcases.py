"""What gitops-clone makes of things that trip a naive rewriter: the odd cases, in files of our own making.

Each file shows the trap of the case of its number. What a user sees stands in the tables; the bytes that a rewrite
gives are the file's own, with the images of `Copied` replaced on their lines. What needs other files to be told, values
of charts and overrides, is in the folder `applied`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from gitops_clone.cli.main import cli
from gitops_clone.finding import Certainty, Skipped
from gitops_clone.repo.files import Root, list_files
from tests.looking import BACKUP, RULES, look, rewritten

ALL = replace(RULES, certainty=Certainty.POSSIBLE)
SOPS = "SOPS: its MAC covers all values, an edit would make the file undecryptable"
OPENSHIFT = "an OpenShift ImageStream sets this image"
INVALID = "not an image reference"
PLACEHOLDER = "has a placeholder"
FUNCTION = "a function of kpt or kustomize: pulled by the machine that renders, not by the cluster"
APPLIED = "a record of what was applied last, written by kubectl"


class Copied(NamedTuple):
    """An image that is backed up and relocated, if the certainty that it has is asked for.

    Its text stands on another line if an alias brings it.
    """

    line: int
    image: str
    backup: str
    text_line: int | None = None
    certainty: str = "certain"


class Left(NamedTuple):
    """A finding that is left as it is, with the reason."""

    line: int
    image: str
    state: str
    reason: str


SEEN: dict[str, list[Copied | Left | Skipped]] = {
    "005-merge-keys-twice.yaml": [
        Copied(13, "acme/app:1", BACKUP + "/index_docker_io/acme/app:1", text_line=4),
    ],
    "006-folded.yaml": [
        Copied(11, "registry.acme.io:8443/shop/cart:2", BACKUP + "/registry_acme_io_8443/shop/cart:2"),
    ],
    "007-folded-digest.yaml": [
        Copied(6, "quay.io/acme/release@sha256:" + "ab" * 32, BACKUP + "/quay_io/acme/release:sha256_" + "ab" * 32),
    ],
    "008-folded-script.yaml": [
        Copied(8, "alpine:3.20", BACKUP + "/index_docker_io/library/alpine:3.20"),
    ],
    "010-cel.yaml": [
        Copied(8, "ghcr.io/acme/shell:1", BACKUP + "/ghcr_io/acme/shell:1", certainty="likely"),
    ],
    "016-long-json.yaml": [
        Left(6, "quay.io/acme", "unresolved", "istiod joins hub, image and tag"),
        Copied(6, "quay.io/acme/debug:1", BACKUP + "/quay_io/acme/debug:1", certainty="likely"),
    ],
    "012-nested.yaml": [
        Copied(7, "ghcr.io/acme/runner:1", BACKUP + "/ghcr_io/acme/runner:1", certainty="likely"),
    ],
    "015-json-in-quotes.yaml": [
        Copied(
            5,
            "acme/init@sha256:" + "9a" * 32,
            BACKUP + "/index_docker_io/acme/init:sha256_" + "9a" * 32,
            certainty="likely",
        ),
    ],
    "017-lines-in-env.yaml": [
        Copied(13, "quay.io/acme/kafka:1-4.2", BACKUP + "/quay_io/acme/kafka:1-4.2", certainty="likely"),
        Copied(14, "quay.io/acme/kafka:1-4.3", BACKUP + "/quay_io/acme/kafka:1-4.3", certainty="likely"),
    ],
    "018-function.yaml": [
        Left(7, "gcr.io/acme/sizes:v0", "ignored", FUNCTION),
    ],
    "020-provenance.yaml": [
        Copied(11, "acme/store:1", BACKUP + "/index_docker_io/acme/store:1"),
    ],
    "021-line-in-block.yaml": [
        Copied(9, "nginx:1", BACKUP + "/index_docker_io/library/nginx:1"),
        Copied(13, "redis:7", BACKUP + "/index_docker_io/library/redis:7"),
    ],
    "022-flow.yaml": [
        Copied(5, "acme/tool:1", BACKUP + "/index_docker_io/acme/tool:1"),
    ],
    "023-json.yaml": [
        Left(5, "ghcr.io/acme/fn:latest", "ignored", APPLIED),
        Copied(8, "ghcr.io/acme/fn:latest", BACKUP + "/ghcr_io/acme/fn:latest"),
    ],
    "024-braces.yaml": [
        Skipped("app.yaml", "not valid YAML: did not find expected key", True, 8),
    ],
    "026-auto.yaml": [
        Left(11, "auto", "ignored", "Istio's injector replaces the image `auto`"),
    ],
    "027-space.json": [
        Left(6, " ", "unresolved", "empty"),
        Copied(10, "acme/sidecar:1", BACKUP + "/index_docker_io/acme/sidecar:1"),
    ],
    "028-image-stream.json": [
        Copied(10, "registry.acme.io/lang/ruby:3", BACKUP + "/registry_acme_io/lang/ruby:3"),
    ],
    "029-trigger.yaml": [
        Left(20, "device:latest", "ignored", OPENSHIFT),
        Copied(22, "acme/exporter:1", BACKUP + "/index_docker_io/acme/exporter:1"),
    ],
    "030-patch-to-stream.yaml": [
        Copied(3, "notebook:latest", BACKUP + "/index_docker_io/library/notebook:latest"),
    ],
    "031-scope.yaml": [
        Copied(7, "acme/scopes:1", BACKUP + "/index_docker_io/acme/scopes:1"),
    ],
    "032-comment.yaml": [
        Copied(8, "quay.io/acme/web:e2e", BACKUP + "/quay_io/acme/web:e2e"),
    ],
    "033-commented-out.yaml": [
        Copied(8, "acme/web:2", BACKUP + "/index_docker_io/acme/web:2"),
    ],
    "034-glued-marker.yaml": [
        Left(
            8,
            "acme.azurecr.io/web:prod-1",
            "ignored",
            "Flux image automation owns this line (ImagePolicy flux-system:web)",
        ),
        Copied(10, "acme.azurecr.io/side:1", BACKUP + "/acme_azurecr_io/side:1"),
    ],
    "035-comment-repeats.yaml": [
        Copied(4, "gcr.io/acme/sdk:379-slim@sha256:" + "cd" * 32, BACKUP + "/gcr_io/acme/sdk:sha256_" + "cd" * 32),
    ],
    "039-sops.yaml": [
        Left(8, "ENC[AES256_GCM,data:+8VoC/w=,iv:9O=,tag:vv==,type:str]", "unresolved", SOPS),
        Skipped("app.yaml", SOPS, False, 1),
    ],
    "040-sops-plain.yaml": [
        Copied(
            8,
            "factory.acme.dev/installer/" + "c9" * 32 + ":v1",
            BACKUP + "/factory_acme_dev/installer/" + "c9" * 32 + ":v1",
        ),
    ],
    "041-image-name.yaml": [
        Copied(
            5,
            "ghcr.io/acme/postgresql:18-trixie@sha256:" + "ef" * 32,
            BACKUP + "/ghcr_io/acme/postgresql:sha256_" + "ef" * 32,
        ),
    ],
    "050-upper-case-tag.yaml": [
        Copied(
            10,
            "quay.io/acme/minio:RELEASE.2024-11-17T23-20-09Z@sha256:" + "12" * 32,
            BACKUP + "/quay_io/acme/minio:sha256_" + "12" * 32,
        ),
    ],
    "051-valid-and-not.yaml": [
        Copied(7, "busybox", BACKUP + "/index_docker_io/library/busybox:latest"),
        Copied(8, "xn--9p8h.example/pic:9.8", BACKUP + "/xn--9p8h_example/pic:9.8"),
        Copied(
            9,
            "registry.acme.io/team/app--id.part--name.ver---sion",
            BACKUP + "/registry_acme_io/team/app--id.part--name.ver---sion:latest",
        ),
        Copied(10, "foo_baz:latest", BACKUP + "/index_docker_io/library/foo_baz:latest"),
        Left(11, "____/____", "unresolved", INVALID),
        Left(12, "foo/-baz", "unresolved", INVALID),
        Left(13, "foo.example:http/baz", "unresolved", INVALID),
        Left(14, "registry1.acme.mil*", "unresolved", INVALID),
    ],
    "052-invalid.yaml": [
        Left(10, "debian:broken!", "unresolved", INVALID),
    ],
    "054-status.yaml": [
        Copied(8, "debian:12", BACKUP + "/index_docker_io/library/debian:12"),
    ],
    "055-flag.yaml": [
        Copied(10, "quay.io/acme/reloader:v0.9", BACKUP + "/quay_io/acme/reloader:v0.9", certainty="likely"),
        Copied(11, "quay.io/acme/operator:v0.9", BACKUP + "/quay_io/acme/operator:v0.9"),
    ],
    "056-image-volume.yaml": [
        Copied(7, "debian:12", BACKUP + "/index_docker_io/library/debian:12"),
        Copied(11, "ghcr.io/acme/data:v1", BACKUP + "/ghcr_io/acme/data:v1"),
    ],
    "057-extension.yaml": [
        Copied(8, "ghcr.io/acme/geo-extension:3-18", BACKUP + "/ghcr_io/acme/geo-extension:3-18"),
    ],
    "058-default.yaml": [
        Copied(7, "gcr.io/acme/builder:v1.5@sha256:" + "56" * 32, BACKUP + "/gcr_io/acme/builder:sha256_" + "56" * 32),
        Left(10, "$(params.TOOL_IMAGE)", "unresolved", "has a variable: $(…)"),
    ],
    "059-bundle.yaml": [
        Copied(11, "quay.io/acme/tasks/notify:0.1", BACKUP + "/quay_io/acme/tasks/notify:0.1"),
    ],
    "060-ko.yaml": [
        Left(10, "ko://acme.dev/serving/cmd/activator", "unresolved", "a Go import path that ko replaces"),
    ],
    "061-checksum.yaml": [
        Left(8, "gcr.io/acme/queue:1", "ignored", "documentation, which Knative checks by a checksum"),
    ],
    "063-ytt.yaml": [
        Left(10, "#@ data.values.images.api", "unresolved", "ytt expression"),
    ],
    "064-glued-placeholder.yaml": [
        Left(10, "httpd:alpine###CONST_WEB###", "unresolved", PLACEHOLDER),
    ],
    "065-placeholder-registry.yaml": [
        Left(10, "###REGISTRY###/acme/web:6", "unresolved", PLACEHOLDER),
    ],
    "066-at-placeholders.yaml": [
        Skipped("app.yaml", "not valid YAML: found character that cannot start any token", True, 4),
    ],
    "067-variable-tag.yaml": [
        Left(9, "registry.acme.io/autoscaler:${AUTOSCALER}", "unresolved", "has a variable: ${…}"),
    ],
    "069-angle.yaml": [
        Left(10, "<REGISTRY>/embed:1", "unresolved", PLACEHOLDER),
    ],
    "070-kustomize-variable.yaml": [
        Left(10, "$(APP_IMAGE)", "unresolved", "has a variable: $(…)"),
    ],
    "072-printf.yaml": [
        Left(7, '{{ printf "%s/%s" .registry .name }}', "unresolved", "composed by a template"),
    ],
    "073-image-twice.yaml": [
        Left(9, "debian:12", "unresolved", 'key "image" stands twice in its mapping: tools disagree on which counts'),
    ],
    "081-patch.yaml": [
        Copied(3, "quay.io/acme/operator:v5", BACKUP + "/quay_io/acme/operator:v5"),
    ],
    "082-patch-to-tilt.yaml": [
        Copied(3, "acme-job", BACKUP + "/index_docker_io/library/acme-job:latest"),
    ],
    "084-patch-adds.yaml": [
        Left(5, "__REPLACE_IMAGE_VALUE__", "unresolved", INVALID),
        Copied(10, "acme/other:1", BACKUP + "/index_docker_io/acme/other:1"),
    ],
    "087-kptfile": [
        Left(
            5,
            "gcr.io/acme/set-image:unstable",
            "ignored",
            "an image: pulled by the machine that renders, builds or packages, not by the cluster",
        ),
    ],
    "092-list.yaml": [
        Copied(13, "registry.acme.io/samples/hello:1", BACKUP + "/registry_acme_io/samples/hello:1"),
    ],
    "093-crlf.yaml": [
        Copied(8, "acme/web", BACKUP + "/index_docker_io/acme/web:latest"),
    ],
    "094-trailing-spaces.yaml": [
        Copied(8, "acme/sleep", BACKUP + "/index_docker_io/acme/sleep:latest"),
        Copied(10, "acme/sleep", BACKUP + "/index_docker_io/acme/sleep:latest"),
    ],
    "095-mark.yaml": [
        Copied(7, "acme/web:1", BACKUP + "/index_docker_io/acme/web:1"),
    ],
    "096-utf-16.yaml": [
        Copied(7, "acme/web:1", BACKUP + "/index_docker_io/acme/web:1"),
    ],
    "097-tab.yaml": [
        Copied(7, "acme/web:1", BACKUP + "/index_docker_io/acme/web:1"),
    ],
    "098-no-line-between.yaml": [
        Skipped(
            "app.yaml", 'two objects in one document, key "kind" stands twice: put a line `---` between them', True, 11
        ),
    ],
    "099-broken-indentation.yaml": [
        Skipped("app.yaml", "not valid YAML: mapping values are not allowed in this context", True, 2),
    ],
    "102-json-folded.yaml": [
        Copied(5, "acme/job:1", BACKUP + "/index_docker_io/acme/job:1", certainty="likely"),
    ],
    "103-template-parameter.json": [
        Left(11, "library/${APP}:latest", "ignored", OPENSHIFT),
    ],
    "104-docker-image.yaml": [
        Copied(4, "ghcr.io/acme/spilo-15:3", BACKUP + "/ghcr_io/acme/spilo-15:3"),
    ],
}

# Cases that hold no image as one string in a manifest, or none that may be changed.
LEFT_ALONE = {
    "001-mapping-alias.yaml": "Helm values that nothing applies",
    "002-tag-anchor.yaml": "Helm values that nothing applies; also case 3, the tag an alias",
    "004-form.yaml": "Helm values; `image` is a form",
    "009-key.yaml": "references are keys in embedded text",
    "011-expression.yaml": "an expression that makes names",
    "013-json-with-comments.yaml": "JSON in a text; also case 14",
    "019-chart-annotation.yaml": "metadata of a chart",
    "025-empty-mapping.yaml": "an empty mapping: the operator's default",
    "036-in-a-comment.yaml": "the name stands in a comment only; also cases 37 and 38",
    "043-three-parts.yaml": "Helm values; also cases 42 and 46 to 49",
    "044-application.yaml": "Helm parameters and kustomize overrides of Argo CD; also case 45",
    "046-tag-file": "a tag without a name",
    "053-ci.yaml": "a file of a CI system",
    "062-chart-repository.yaml": "a chart repository",
    "068-compose.yaml": "a Compose file",
    "071-cluster-class.yaml": "a template in a text",
    "074-kustomization.yaml": "entries of a kustomization; also cases 75, 76, 78 to 80, 85 and 86",
    "077-field-specs.yaml": "configuration of kustomize",
    "083-patch-removes.yaml": "a patch without a value",
    "088-policies.yaml": "patterns of policies; also cases 89 to 91",
    "101-schema.yaml": "a schema",
}


# The lines that change in the files of `applied`: cases 1 to 3, 25, 42 to 45, and 47 to 49.
APPLIED_TO = {
    "apps/release.yaml": {
        14: f"repository: {BACKUP}/ghcr_io/acme/sync",
        20: f"repository: {BACKUP}/ghcr_io/acme/home",
        21: "tag: &tag sha256_" + "16" * 32,
        24: f"repository: {BACKUP}/ghcr_io/acme/home",
        28: f"repository: {BACKUP}/quay_io/acme/branch",
        29: "tag: sha256_" + "8b" * 32,
        32: f"registry: {BACKUP}/code_acme_org",
        40: f"repository: {BACKUP}/acme_azurecr_io/relay",
    },
    "apps/application.yaml": {
        15: f"value: {BACKUP}/quay_io",
        29: f"- quay.io/acme/e2e={BACKUP}/quay_io/acme/e2e:0.2",
        30: f"- my-app={BACKUP}/gcr_io/acme/app:0.1",
    },
    "base/pod.yaml": {},
}


@pytest.mark.parametrize("name", SEEN)
def test_what_a_user_sees(datadir: Path, name: str) -> None:
    scan = look((datadir / name).read_bytes(), ALL)
    found = sorted(scan.findings, key=lambda finding: (finding.place.line, finding.place.column))
    seen = [
        Copied(f.place.line, f.place.image, f.backup or "", None, f.place.certainty.value)
        if f.state == "upstream"
        else Left(f.place.line, f.place.image, f.state.value, f.reason or "")
        for f in found
    ]
    assert [*seen, *scan.skipped] == [_as_seen(row) for row in SEEN[name]]


@pytest.mark.parametrize("name", SEEN)
def test_a_rewrite_gives_exactly_these_bytes(datadir: Path, name: str) -> None:
    data = (datadir / name).read_bytes()
    encoding = "utf-16-le" if data.startswith(b"\xff\xfe") else "utf-8"
    lines = data.decode(encoding).split("\n")
    for row in SEEN[name]:
        if isinstance(row, Copied):
            number = (row.text_line or row.line) - 1
            assert lines[number].count(row.image) == 1
            lines[number] = lines[number].replace(row.image, row.backup)
    assert rewritten(data, ALL).decode(encoding).split("\n") == lines


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_left_alone(datadir: Path, name: str) -> None:
    data = (datadir / name).read_bytes()
    assert look(data, ALL).skipped == ()
    assert rewritten(data, ALL) == data


def test_each_file_has_a_row(datadir: Path) -> None:
    assert {path.name for path in datadir.iterdir() if path.is_file()} == {*SEEN, *LEFT_ALONE}


def test_values_and_overrides_that_objects_apply(datadir: Path) -> None:
    (datadir / "applied" / ".gitops-clone.toml").touch()
    before = {name: (datadir / "applied" / name).read_text().splitlines() for name in APPLIED_TO}
    done = CliRunner().invoke(cli, ["rewrite", "--no-mirror", str(datadir / "applied")])
    assert done.exit_code == 0, done.output
    for name, lines in before.items():
        after = (datadir / "applied" / name).read_text().splitlines()
        pairs = enumerate(zip(lines, after, strict=True), 1)
        assert {line: new.strip() for line, (old, new) in pairs if old != new} == APPLIED_TO[name]
    for left in ("only its tag is in these values", "its tag is not in these values", "never rendered as written"):
        assert left in done.output


def test_every_case_has_a_test() -> None:
    told = " ".join(LEFT_ALONE.values()).replace(" to ", "-")
    spans = re.findall(r"(\d+)(?:-(\d+))?", " ".join(re.findall(r"also cases? ([\d, and-]+)", told)))
    also = {number for first, last in spans for number in range(int(first), int(last or first) + 1)}
    assert {int(name[:3]) for name in (*SEEN, *LEFT_ALONE)} | also | {100} == set(range(1, 105))


def test_case_100_a_link_is_not_a_second_file(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "dag.yaml").write_text("kind: Pod\n")
    (tmp_path / "dag.yaml").symlink_to("examples/dag.yaml")
    files, skipped = list_files(Root(tmp_path, git=False), [tmp_path], [])
    assert files == ["examples/dag.yaml"]
    assert skipped == []


def _as_seen(row: Copied | Left | Skipped) -> Copied | Left | Skipped:
    return row._replace(text_line=None) if isinstance(row, Copied) else row
