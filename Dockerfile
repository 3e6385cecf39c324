# The same Node as in .nvmrc. The package `node` is for development; the image has its own. Temporal's core needs glibc, so no Alpine.
FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS dependencies
WORKDIR /opt/qrsync
COPY package.json package-lock.json .npmrc ./
# Without workspaces: the reference API and its packages are no part of the worker.
# Temporal's package brings its core for five platforms, 27 MB each; the image has one.
RUN npm ci --omit=dev --workspaces=false --no-fund --no-audit && npm cache clean --force \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

# JavaScript and the bundles of the workflows, as in the published package. The compiler needs no package's script.
FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS build
WORKDIR /opt/qrsync
COPY package.json package-lock.json .npmrc ./
RUN npm ci --workspaces=false --ignore-scripts --no-fund --no-audit && npm cache clean --force
COPY tsconfig.json tsconfig.build.json ./
COPY workflows workflows
COPY activities activities
COPY build build
COPY src src
RUN node build/main.ts

# The reference API, for the profile demo of docker-compose.yml: an image of its own, built only with --target.
FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS reference-api-dependencies
WORKDIR /opt/qrsync
COPY package.json package-lock.json .npmrc ./
COPY reference-api/package.json reference-api/package.json
RUN npm ci --omit=dev --workspace=reference-api --no-fund --no-audit && npm cache clean --force

FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS reference-api
ENV NODE_ENV=production
WORKDIR /opt/qrsync
RUN install --directory --owner=node --group=node /var/lib/qrsync
COPY --from=reference-api-dependencies /opt/qrsync/node_modules node_modules
COPY openapi.yaml ./
COPY reference-api reference-api
USER 1000:1000
VOLUME /var/lib/qrsync
EXPOSE 4010
STOPSIGNAL SIGTERM

# The worker, which is the last, so that it is built where no target is named.
FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20
ENV NODE_ENV=production
WORKDIR /opt/qrsync
RUN install --directory --owner=node --group=node /var/lib/qrsync
COPY --from=dependencies /opt/qrsync/node_modules node_modules
COPY package.json qrsync.schema.json ./
COPY bin bin
COPY --from=build /opt/qrsync/dist dist
# The image's user `node`, by number: a host that forbids root can tell that it is not.
USER 1000:1000
VOLUME /var/lib/qrsync
EXPOSE 9464
STOPSIGNAL SIGTERM
# As observability.metrics_port says in deploy/qrsync.yaml.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-old-space-size=256", "--max-semi-space-size=8", "bin/qrsync.js"]
CMD ["up", "--config", "/etc/qrsync/qrsync.yaml"]
