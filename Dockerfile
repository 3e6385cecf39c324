# The package `node` is for development; the image has its own. Temporal's core needs glibc, so no Alpine.
FROM node:24.18.0-bookworm-slim AS dependencies
WORKDIR /opt/qrsync
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-fund --no-audit && npm cache clean --force

FROM node:24.18.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/qrsync
RUN install --directory --owner=node --group=node /var/lib/qrsync
COPY --from=dependencies /opt/qrsync/node_modules node_modules
COPY package.json openapi.yaml ./
COPY workflows workflows
COPY activities activities
COPY reference-api reference-api
COPY src src
# The image's user `node`, by number: a host that forbids root can tell that it is not.
USER 1000:1000
VOLUME /var/lib/qrsync
EXPOSE 9464
STOPSIGNAL SIGTERM
# As observability.metrics_port says in deploy/qrsync.yaml.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-old-space-size=256", "src/cli/main.ts"]
CMD ["up", "--config", "/etc/qrsync/qrsync.yaml"]
