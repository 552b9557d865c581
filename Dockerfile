# The image of both containers: the controller (gatehouse-controller) and NGINX (gatehouse-nginx).
#
#   docker build -t registry.example.com/gatehouse:0.1.0 .
#
# Behind a proxy with a certificate of its own, or with a registry of your own:
#
#   docker build --secret id=ca,src=ca.crt --secret id=npmrc,src=$HOME/.npmrc ...
ARG NGINX_IMAGE=nginx:1.30
ARG NODE_IMAGE=node:24

# The compiled program and the packages that it needs.
FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=secret,id=ca,target=/run/secrets/ca \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY templates ./templates
RUN node_modules/.bin/tsc -p tsconfig.build.json \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --offline \
 && mkdir /app \
 && mv dist/src /app/src \
 && mv package.json templates node_modules /app/ \
 && rm -rf /app/node_modules/.package-lock.json /app/node_modules/.bin \
 && find /app/node_modules \( -name '*.ts' -o -name '*.map' -o -name '*.md' -o -name '*.markdown' \) -type f -delete

# Node alone. The official image's is one file; a distribution's comes with libraries and files of its own.
FROM ${NODE_IMAGE} AS node
RUN set -eu; \
    node=$(readlink -f "$(command -v node)"); \
    mkdir -p /node/lib; \
    cp "$node" /node/node; \
    ldd "$node" | awk '$3 ~ "^/" { print $3 }' | xargs -r -I LIBRARY cp -L LIBRARY /node/lib/; \
    for part in acorn acorn-walk balanced-match brace-expansion llhttp minimatch undici; do \
      if [ -d /usr/share/nodejs/$part ]; then cp -r --parents /usr/share/nodejs/$part /node; fi; \
    done

FROM ${NGINX_IMAGE}
USER root
# Libraries that this image lacks are taken along; those that it has stay as they are.
RUN --mount=type=bind,from=node,source=/node,target=/mnt \
    set -eu; \
    cp /mnt/node /usr/local/bin/node; \
    missing() { ldd /usr/local/bin/node | awk '/not found/ { print $1 }'; }; \
    while [ -n "$(missing)" ]; do \
      for library in $(missing); do cp "/mnt/lib/$library" /usr/local/lib/; done; \
      ldconfig; \
    done; \
    if [ -d /mnt/usr ]; then cp -r /mnt/usr/. /usr/; fi; \
    ln -s /usr/local/bin/gatehouse-drain /wait-shutdown; \
    rm -f /docker-entrypoint.sh; \
    rm -rf /docker-entrypoint.d
COPY --from=build /app /app
COPY LICENSE /app/
COPY image/ /usr/local/bin/
RUN node /app/src/main.js --version && nginx -v

ENV NODE_ENV=production
WORKDIR /app
USER 101:101
EXPOSE 8080 8443 10254
# NGINX finishes open requests on SIGQUIT; the controller takes it as SIGTERM.
STOPSIGNAL SIGQUIT
ENTRYPOINT ["gatehouse"]
CMD ["--help"]
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="Gatehouse" \
      org.opencontainers.image.description="An Ingress controller in front of stock NGINX" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
