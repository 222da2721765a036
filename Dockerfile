# SPDX-License-Identifier: Apache-2.0
# Two images of one tree: `docker build --target node .` and `docker build --target operator .`; `make images` builds both.
# BUILD_IMAGE has Node.js and npm; of it only the program `node` gets into the images, which stand on RUNTIME_IMAGE. Both may be given
# with a digest. VERSION and REVISION end up in the labels only.
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=debian:bookworm-slim

# What npm needs to know, without the sources: the layers below stay as they are until a dependency changes.
FROM ${BUILD_IMAGE} AS packages
WORKDIR /opt/shortlink
COPY package.json package-lock.json ./
COPY common/package.json common/
COPY proto/package.json proto/
COPY node/package.json node/
COPY operator/package.json operator/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY tools/package.json tools/

FROM packages AS node-modules
ARG TARGETARCH
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund --workspace=common --workspace=proto --workspace=node
COPY tools/image/build-rocksdb.sh tools/image/prune-modules.sh /tmp/
# There is a compiled binding for amd64 in the package; elsewhere it is compiled here, and the compiler stays behind.
RUN sh /tmp/build-rocksdb.sh "${TARGETARCH:-amd64}" && node -e "require('rocksdb')"

RUN sh /tmp/prune-modules.sh

FROM packages AS operator-modules
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund --workspace=common --workspace=proto --workspace=operator
COPY tools/image/prune-modules.sh /tmp/
RUN sh /tmp/prune-modules.sh

FROM ${RUNTIME_IMAGE} AS runtime
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --no-create-home --shell /usr/sbin/nologin node
COPY --from=packages /usr/local/bin/node /usr/local/bin/node

FROM runtime AS node
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="shortlink node" \
      org.opencontainers.image.description="Storage node and command line of the short-link platform" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production NODE_COMPILE_CACHE=/opt/shortlink/.compile-cache
WORKDIR /opt/shortlink
COPY --from=node-modules /opt/shortlink/node_modules node_modules
COPY LICENSE package.json ./
COPY common common
COPY proto proto
COPY node node
COPY tools/image/shortlink /usr/local/bin/shortlink
RUN install -d -o node -g node .compile-cache /data
USER 1000:1000
# Starts a node once: it shows that the image works, and leaves the compiled sources, which a read-only root needs.
COPY tools/image/warm-node.sh /tmp/
RUN sh /tmp/warm-node.sh
EXPOSE 8080 8081 8082 8083 9090
VOLUME /data
ENTRYPOINT ["shortlink"]
CMD ["--help"]

FROM runtime AS operator
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="shortlink operator" \
      org.opencontainers.image.description="Kubernetes operator of the short-link platform" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /opt/shortlink
COPY --from=operator-modules /opt/shortlink/node_modules node_modules
COPY LICENSE package.json ./
COPY common common
COPY proto proto
COPY operator operator
USER 1000:1000
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/opt/shortlink/operator/src/main.ts"]
