"""`replacements`, `vars`, `configurations`, `transformers`: rewritten, and rendered by the real kustomize."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layers import trees
from tests.layers.test_kustomize import DIGEST, HUB, Repository, deployment

CONFIG = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: images}\ndata:\n  web: nginx:1.23 # the web server\n  tag: v7\n"
)
INTO = "  targets:\n  - select: {kind: Deployment}\n    fieldPaths: [spec.template.spec.containers.0.image]\n"
COPY = f"replacements:\n- source: {{kind: ConfigMap, name: images, fieldPath: data.web}}\n{INTO}"
TAG = COPY.replace("data.web", "data.tag").replace(
    "    fieldPaths", "    options: {delimiter: ':', index: 1}\n    fieldPaths"
)
VAR = """\
configurations: [config.yaml]
vars:
- name: WEB
  objref: {kind: ConfigMap, name: images, apiVersion: v1}
  fieldref: {fieldpath: data.web}
"""
VARIABLE_FIELDS = "varReference:\n- path: spec/template/spec/containers/image\n  kind: Deployment\n"
OVERLAY = "resources: [../base]\nimages:\n- name: nginx\n  newTag: '2'\n"
PLACEHOLDER = "base/web.yaml/spec/template/spec/containers/0/image"


def base(kustomization: str, image: str = "placeholder", **files: str) -> trees.Files:
    return {
        "base/kustomization.yaml": f"resources: [web.yaml, images.yaml]\n{kustomization}",
        "base/web.yaml": deployment(image, "redis:7"),
        "base/images.yaml": CONFIG,
        **{f"base/{name}.yaml": content for name, content in files.items()},
    }


@pytest.mark.parametrize("where", ["inline", "file", "list"])
def test_a_copied_field_is_relocated_where_it_is_written(tmp_path: Path, where: str) -> None:
    one = COPY.removeprefix("replacements:\n")
    texts = {"file": one.replace("- source", "source").replace("\n  ", "\n"), "list": one}
    files = base(COPY) if where == "inline" else base("replacements: [{path: r.yaml}]\n", r=texts[where])
    repository = Repository(tmp_path, files)
    findings = repository.findings()
    assert findings["base/images.yaml/data/web nginx:1.23"] == ("upstream", "")
    reason = "never rendered: a patch or a replacement takes its place"
    assert findings[f"{PLACEHOLDER} placeholder"] == ("ignored", reason)
    assert repository.rewrite("base") == (3, 0)
    assert f"web: {HUB}/nginx:1.23 # the web server\n" in repository.text("base/images.yaml")
    assert "placeholder" not in repository.text(".gitops-clone.lock")
    repository.run("check")
    repository.restored()


def test_entries_above_take_what_was_copied_and_follow(tmp_path: Path) -> None:
    repository = Repository(tmp_path, base(COPY) | {"prod/kustomization.yaml": OVERLAY})
    assert repository.rewrite("prod") == (2, 0)
    assert "newName" in repository.text("prod/kustomization.yaml")
    repository.restored()


def test_entries_of_the_same_layer_do_not_see_what_is_copied(tmp_path: Path) -> None:
    """kustomize runs `images` before `replacements`."""
    repository = Repository(tmp_path, base(f"images:\n- name: nginx\n  newTag: '2'\n{COPY}"))
    assert repository.rewrite("base") == (3, 0)
    assert "newTag: '2'" in repository.text("base/kustomization.yaml")
    repository.restored()


def test_a_tag_that_is_put_in_is_copied_with_it(tmp_path: Path) -> None:
    """The backup registry has a port here, so that the part of the tag would be another one: an entry above does it."""
    repository = Repository(tmp_path, base(TAG, "nginx:0") | {"prod/kustomization.yaml": "resources: [../base]\n"})
    assert repository.rewrite("prod") == (2, 0)
    assert "name: nginx\n  newName" in repository.text("prod/kustomization.yaml")
    assert "library/nginx:v7" in repository.text(".gitops-clone.lock")
    repository.restored()


def test_a_tag_is_put_in_behind_the_name(tmp_path: Path) -> None:
    repository = Repository(tmp_path, base(TAG, "nginx:0"))
    (tmp_path / ".gitops-clone.toml").write_text('backup-registry = "backup.example.com"\n')
    repository.run("rewrite", "--no-mirror")
    assert "image: backup.example.com/index_docker_io/library/nginx:0\n" in repository.text("base/web.yaml")
    assert "library/nginx:v7" in repository.text(".gitops-clone.lock")
    assert "library/nginx:0" not in repository.text(".gitops-clone.lock").split("changes:")[0]


def test_an_image_of_another_object_is_copied_as_the_layer_changed_it(tmp_path: Path) -> None:
    copy = (
        "images:\n- name: nginx\n  newTag: '2'\nreplacements:\n"
        "- source: {kind: Deployment, name: web, fieldPath: 'spec.template.spec.containers.0.image'}\n"
        "  targets:\n  - select: {kind: Job}\n    fieldPaths: ['spec.template.spec.initContainers.[name=c].image']\n"
    )
    spec = "spec: {template: {spec: {initContainers: [{name: c, image: x}]}}}\n"
    job = f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\n{spec}"
    files = {"a/kustomization.yaml": f"resources: [web.yaml, job.yaml]\n{copy}", "a/job.yaml": job}
    repository = Repository(tmp_path, files | {"a/web.yaml": deployment("nginx:1.23")})
    assert repository.rewrite("a") == (2, 0)
    repository.restored()


def test_a_value_inside_the_kustomization(tmp_path: Path) -> None:
    repository = Repository(tmp_path, base(f"replacements:\n- sourceValue: 'nginx:1.23'\n{INTO}"))
    assert repository.rewrite("base") == (2, 0)
    assert f"sourceValue: '{HUB}/nginx:1.23'" in repository.text("base/kustomization.yaml")
    repository.restored()


@pytest.mark.parametrize(("image", "moved"), [("$(WEB)", 3), ("nginx:1", 2)])
def test_a_variable_is_relocated_where_it_is_written(tmp_path: Path, image: str, moved: int) -> None:
    repository = Repository(tmp_path, base(VAR, image, config=VARIABLE_FIELDS))
    assert repository.rewrite("base") == (moved, 0)
    repository.restored()


def test_a_variable_that_is_a_part(tmp_path: Path) -> None:
    variables = VAR.replace("data.web", "data.tag")
    repository = Repository(tmp_path, base(variables, "quay.io/a/b:$(WEB)", config=VARIABLE_FIELDS))
    assert repository.rewrite("base") == (2, 0)
    assert "image: localhost:5001/quay_io/a/b:$(WEB)\n" in repository.text("base/web.yaml")
    assert "quay.io/a/b:v7" in repository.text(".gitops-clone.lock")
    repository.restored()


FOO = (
    "apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: foo}\n"
    "spec: {runtime: {pic: 'nginx:1.23'}, other: 'nginx:1.23'}\n"
)
FIELDS = "images:\n- path: spec/runtime/pic\n  kind: Foo\n"


def test_a_field_that_configurations_add_is_an_image(tmp_path: Path) -> None:
    files = {
        "base/kustomization.yaml": "resources: [foo.yaml]\nconfigurations: [config.yaml]\n",
        "base/foo.yaml": FOO,
        "base/config.yaml": FIELDS,
        "prod/kustomization.yaml": OVERLAY,
        "test/kustomization.yaml": "resources: [../base]\n",
    }
    repository = Repository(tmp_path, files)
    assert repository.rewrite("prod", "test") == (2, 0)
    assert f"pic: '{HUB}/nginx:1.23'}}, other: 'nginx:1.23'}}" in repository.text("base/foo.yaml")
    repository.restored()


def test_a_field_of_a_sibling_that_configurations_add(tmp_path: Path) -> None:
    files = {
        "a/kustomization.yaml": "configurations: [config.yaml]\nresources: [../b]\n",
        "a/config.yaml": FIELDS,
        "b/kustomization.yaml": "resources: [foo.yaml]\n",
        "b/foo.yaml": FOO,
        "prod/kustomization.yaml": "resources: [../a]\nimages:\n- name: nginx\n  newTag: '2'\n",
    }
    repository = Repository(tmp_path, files)
    assert repository.rewrite("prod") == (1, 0)
    assert repository.text("b/foo.yaml") == FOO
    repository.restored()


LITERALS = "configMapGenerator:\n- name: images\n  literals: [web=nginx:1.23]\n"


@pytest.mark.parametrize("hashed", [False, True])
def test_a_literal_of_a_generator_moves_unless_a_hash_of_it_is_in_a_name(tmp_path: Path, hashed: bool) -> None:
    options = "" if hashed else "generatorOptions: {disableNameSuffixHash: true}\n"
    text = f"resources: [web.yaml]\n{LITERALS}{options}{COPY}"
    files = {"base/kustomization.yaml": text, "base/web.yaml": deployment("placeholder")}
    repository = Repository(tmp_path, files)
    if not hashed:
        assert repository.rewrite("base") == (2, 0)
        assert f"literals: [web={HUB}/nginx:1.23]" in repository.text("base/kustomization.yaml")
        repository.restored()
        return
    state, reason = repository.findings()["base/kustomization.yaml/configMapGenerator/0/literals/0 nginx:1.23"]
    assert (state, "hash of its content" in reason) == ("unresolved", True)
    repository.run("rewrite", "--no-mirror")
    assert repository.text("base/kustomization.yaml") == text


def test_what_a_hashed_generator_has_is_relocated_by_an_entry_above(tmp_path: Path) -> None:
    text = f"resources: [web.yaml]\n{LITERALS}{COPY}"
    files = {"base/kustomization.yaml": text, "base/web.yaml": deployment("placeholder")}
    repository = Repository(tmp_path, files | {"prod/kustomization.yaml": "resources: [../base]\n"})
    assert repository.rewrite("prod") == (1, 0)
    assert repository.text("base/kustomization.yaml") == text
    repository.restored()


TRANSFORMER = "apiVersion: builtin\nkind: %s\nmetadata: {name: x}\n"


@pytest.mark.parametrize(
    ("transformer", "moved"),
    [
        ("LabelTransformer\nlabels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]", (1, 0)),
        ("PrefixTransformer\nprefix: p-\nfieldSpecs: [{path: metadata/name}]", (1, 0)),
        ("ImageTagTransformer\nimageTag: {name: httpd, newTag: '2'}", (1, 0)),
        ("ImageTagTransformer\nimageTag: {name: nginx, newTag: '2'}", (1, 0)),
        (f"ImageTagTransformer\nimageTag:\n  name: nginx\n  newName: quay.io/a/b\n  digest: {DIGEST}", (1, 0)),
        ("PatchTransformer\ntarget: {kind: Deployment}\npath: patch.yaml", (1, 0)),
    ],
    ids=["labels", "prefix", "other image", "same image", "digest", "patch"],
)
def test_transformers_of_kustomize_itself(tmp_path: Path, transformer: str, moved: tuple[int, int]) -> None:
    kind, _, rest = transformer.partition("\n")
    patch = "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: redis:7\n"
    files = {
        "a/kustomization.yaml": "resources: [web.yaml]\ntransformers: [t.yaml]\n",
        "a/web.yaml": deployment("nginx:1.23"),
        "a/t.yaml": f"{TRANSFORMER % kind}{rest}\n",
        "a/patch.yaml": patch,
    }
    repository = Repository(tmp_path, files)
    assert repository.rewrite("a") == moved
    repository.restored()


def test_the_configuration_of_a_transformer_is_edited_like_an_entry(tmp_path: Path) -> None:
    label = (
        f"{TRANSFORMER % 'LabelTransformer'}labels: {{a: b}}\nfieldSpecs: [{{path: metadata/labels, create: true}}]\n"
    )
    tag = f"{TRANSFORMER % 'ImageTagTransformer'}imageTag: # the web server\n  name: nginx\n  newTag: '2'\n"
    files = {
        "a/kustomization.yaml": "resources: [web.yaml]\ntransformers: [t.yaml]\n",
        "a/web.yaml": deployment("nginx:1.23"),
        "a/t.yaml": f"{label}---\n{tag}",
    }
    repository = Repository(tmp_path, files)
    assert repository.findings()["a/t.yaml/imageTag/newTag nginx:2"][0] == "upstream"
    assert repository.rewrite("a") == (1, 0)
    assert repository.text("a/web.yaml") == files["a/web.yaml"]
    assert repository.text("a/t.yaml") == f"{files['a/t.yaml']}  newName: {HUB}/nginx\n"
    repository.restored()


def test_other_transformers_hold_what_passes(tmp_path: Path) -> None:
    files = {
        "a/kustomization.yaml": "resources: [web.yaml]\ntransformers: [t.yaml]\n",
        "a/web.yaml": deployment("nginx:1.23"),
        "a/t.yaml": "apiVersion: example.com/v1\nkind: Mine\nmetadata: {name: x}\n",
    }
    repository = Repository(tmp_path, files)
    ((state, reason),) = repository.findings().values()
    assert (state, "transformers change it" in reason) == ("unresolved", True)
