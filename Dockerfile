# gitops-clone with all it starts: skopeo, git, certificates. Its user is not root.
#
# The Python packages are those of requirements.lock, by hash. For the rest to be the same again, give BASE by digest
# (the Debian packages come from its release) and SOURCE_DATE_EPOCH, and let the builder set the times of files:
#   docker buildx build --build-arg SOURCE_DATE_EPOCH=… --output type=image,rewrite-timestamp=true .
#   buildah build --timestamp "$SOURCE_DATE_EPOCH" .
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends ca-certificates python3-venv
WORKDIR /src
COPY requirements.lock ./
RUN python3 -m venv /opt/gitops-clone \
 && /opt/gitops-clone/bin/pip install --no-cache-dir --no-compile --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gitops_clone gitops_clone
# Bytecode that is valid by content, not by times. What only built the package stays behind.
RUN /opt/gitops-clone/bin/pip install --no-cache-dir --no-compile --no-deps --no-build-isolation . \
 && /opt/gitops-clone/bin/pip uninstall --yes --quiet hatchling pathspec pluggy trove-classifiers setuptools pip \
 && find /opt/gitops-clone -name __pycache__ -prune -exec rm -r {} + \
 && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/gitops-clone/lib

FROM ${BASE}
ARG SOURCE_DATE_EPOCH
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends ca-certificates git openssh-client python3 skopeo \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/log/apt /var/log/*.log \
 && groupadd --gid 1000 gitops \
 && useradd --uid 1000 --gid 1000 --create-home --shell /usr/sbin/nologin gitops \
 && git config --system --add safe.directory '*'
# safe.directory: a repository that is mounted here belongs to the one who started the container.
COPY --from=build /opt/gitops-clone /opt/gitops-clone
ENV PATH=/opt/gitops-clone/bin:$PATH LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
USER 1000:1000
WORKDIR /repository
ENTRYPOINT ["gitops-clone"]
CMD ["--help"]

# Last, so that a new revision makes no new layer.
ARG VERSION=0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=https://github.com/gitops-clone/gitops-clone
LABEL org.opencontainers.image.title="gitops-clone" \
      org.opencontainers.image.description="Back up every container image that a GitOps repository references, and relocate the references" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE}#readme" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
