# A small image of the server. Build it with `docker build -t sms-chat .`; run it with `docker compose up`.

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
    cargo xtask build --release && cp target/release/sms-chat /usr/local/bin/sms-chat

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/sms-chat sms-chat
COPY --from=build /usr/local/bin/sms-chat /usr/local/bin/sms-chat
USER sms-chat
# Without SMS_CHAT_DATABASE_URL the database is data/sms-chat.db in this directory: mount a volume there.
WORKDIR /var/lib/sms-chat
ENV SMS_CHAT_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/health/ready"]
ENTRYPOINT ["sms-chat"]
CMD ["serve"]
