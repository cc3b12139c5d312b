# A small image of the server. Build it with `docker build --tag sms-chat .`; docker-compose.yml runs it.
#
# The image has no shell and no package manager. The server runs as user 65532. With a read-only root file system, only
# /var/lib/sms-chat must be writable: it holds the SQLite database and the generated secret, or, with PostgreSQL, the
# temporary files of imports (about 1 GiB for a daily file of 512 MiB).

FROM node:22-bookworm-slim AS node

FROM rust:1-bookworm AS build
# Tailwind and wasm-opt need a newer Node.js than Debian bookworm has.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src
# The toolchain has its own layer, because it changes less often than the sources.
COPY rust-toolchain.toml ./
RUN rustup show active-toolchain || rustup toolchain install
RUN rustup target add wasm32-unknown-unknown
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask build --release && install --strip target/release/sms-chat /usr/local/bin/sms-chat
# A volume that is mounted over this folder gets its owner.
RUN mkdir /var/lib/sms-chat

# Contains glibc, OpenSSL 3 and the certificate authorities, of the same Debian release as the build.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /usr/local/bin/sms-chat /usr/local/bin/sms-chat
COPY --from=build --chown=65532:65532 --chmod=0700 /var/lib/sms-chat /var/lib/sms-chat
USER 65532:65532
WORKDIR /var/lib/sms-chat
# Without SMS_CHAT_DATABASE_URL the database is data/sms-chat.db in this folder.
ENV SMS_CHAT_LISTEN=0.0.0.0:8080 \
    TMPDIR=/var/lib/sms-chat
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["sms-chat", "health"]
ENTRYPOINT ["sms-chat"]
CMD ["serve"]
