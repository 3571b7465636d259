# liptrack from source, for clusters: docker build -t liptrack .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOEXPERIMENT=simd go build -trimpath -o /liptrack ./cmd/liptrack

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libopenblas0-pthread && rm -rf /var/lib/apt/lists/*
COPY --from=build /liptrack /usr/local/bin/liptrack
WORKDIR /work
ENTRYPOINT ["liptrack"]
