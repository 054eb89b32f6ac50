"""What a mention is, told by the name of its file: the table, as data; and what is told otherwise. Pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from gitops_clone.mentions.model import Context, What

TEMPLATE = Context(
    What.MANIFEST, "text of a template: `gitops-clone explain FILE:LINE` tells why it is no finding", False
)
RECORDED = Context(What.RECORD, "the status of an exported object: a controller writes it anew", False)
COMMENT = Context(What.COMMENT, "a comment", False)
MANIFEST = Context(What.MANIFEST, "not taken for an image: `gitops-clone explain FILE:LINE` tells why", False)
OTHER = Context(What.OTHER, "no rule knows what this is", False)

_FINDS_NAMES = "if the script looks for this name in manifests, it finds it no more"
_CI = Context(What.CI, "the CI runner pulls or names it, not the cluster", False)
_PROMOTES = Context(What.CI, _FINDS_NAMES.replace("script", "job"), True)
# Commands that find an image in manifests, or set one, by its name.
_BY_NAME = re.compile(r"\b(?:sed|yq|perl|grep|set[ -]image)\b")

_READ_BY_RENOVATE = Context(What.BOT, "a comment that tells Renovate where to look: it goes on as before", False)
_FOR_RENOVATE = re.compile(r"#\s*renovate\b", re.IGNORECASE)

# The first that fits counts. The globs are for the end of a path; a star crosses slashes.
_FILES = (
    (
        Context(What.BUILD, "a build pulls it, not the cluster: name the backup if builds must survive too", False),
        "Dockerfile* *.[Dd]ockerfile Containerfile* skaffold*.y*ml Earthfile Tiltfile docker-bake*",
    ),
    (Context(What.BUILD, "Docker pulls it, not the cluster", False), "docker-compose*.y*ml compose*.y*ml"),
    (
        Context(What.BOT, "Dependabot finds images by the name as written: see docs/other-bots.md", True),
        ".github/dependabot.y*ml",
    ),
    (
        Context(What.BOT, "Renovate's rules match upstream names, also after `gitops-clone renovate --write`", False),
        "*renovate*.json* .renovaterc* .renovate/* *renovate*/*.json*",
    ),
    (
        Context(What.NAMED, "an override that Argo CD reads beside the manifests: it finds images by this name", True),
        ".argocd-source*.yaml",
    ),
    (
        _CI,
        ".github/* .gitlab-ci*.y*ml .gitlab/* .circleci/* .drone.y*ml .woodpecker* .forgejo/* .gitea/* .buildkite/* "
        "azure-pipelines*.y*ml bitbucket-pipelines.yml cloudbuild*.y*ml .travis.yml Jenkinsfile*",
    ),
    (
        Context(What.DOCUMENTATION, "documentation", False),
        "*.md *.mdx *.rst *.adoc *.txt *.html CHANGELOG* LICENSE* README*",
    ),
    (TEMPLATE, "*.gotmpl *.tpl"),
    (
        Context(What.SCRIPT, _FINDS_NAMES, True),
        "*.sh *.bash *.py *.rb *.js *.mjs *.ts *.go *.ps1 *.mk Makefile* *[Jj]ustfile *.just Taskfile* .taskfiles/* "
        "hack/* scripts/*",
    ),
)


def of_file(name: str) -> Context | None:
    """What any mention in a file is; None if the file's name does not tell."""
    path = f"/{name}"
    return next(
        (context for context, globs in _FILES if any(fnmatchcase(path, f"*/{glob}") for glob in globs.split())), None
    )


def of_line(context: Context, text: str) -> Context:
    """What a mention in a file is, which is one thing or another by its line: a CI job may edit manifests."""
    return _PROMOTES if context is _CI and _BY_NAME.search(text) else context


def of_comment(text: str) -> Context:
    """What a mention in a comment is, told by the line: Renovate reads some."""
    return _READ_BY_RENOVATE if _FOR_RENOVATE.search(text) else COMMENT
