# One image, one process tree: docker run -p 8000:8000 -v zhida:/data IMAGE
#
# The build uses the same set-up, and so the same locks, as `make run` does.

FROM python:3.12-slim-bookworm AS build
WORKDIR /zhida
COPY deploy/setup deploy/setup
COPY locks locks
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY web web
# The page and the model are built here; Node and the model's weights stay behind in this stage.
RUN python -m deploy.setup image

FROM python:3.12-slim-bookworm
RUN groupadd --gid 10001 zhida \
    && useradd --no-log-init --uid 10001 --gid zhida --home-dir /data --shell /usr/sbin/nologin zhida \
    && install --directory --owner=zhida --group=zhida --mode=0700 /data
COPY --from=build /zhida/.venv /zhida/.venv
COPY --from=build /zhida/src /zhida/src
ENV PATH=/zhida/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ZHIDA_DATA_DIR=/data \
    ZHIDA_HOST=0.0.0.0 \
    ZHIDA_LOG_TO_FILES=false \
    ZHIDA_PORT=8000
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
# Time for running requests and jobs to finish: docker stop --time 30
STOPSIGNAL SIGTERM
ENTRYPOINT ["zhida"]
CMD ["up"]
