# The service alone, for a PostgreSQL of yours: docker run -e DATABASE_URL=postgresql://... -p 127.0.0.1:8000:8000 incident-ledger
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
RUN python -m venv --without-pip /venv
WORKDIR /build
COPY requirements/runtime.txt ./
RUN pip --python /venv/bin/python install --no-cache-dir --require-hashes --no-deps -r runtime.txt
COPY pyproject.toml README.md ./
COPY migrations migrations
COPY service service
RUN . /venv/bin/activate && pip --python /venv/bin/python install --no-cache-dir --no-build-isolation --no-deps .

FROM ${BASE}
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ledger
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", \
  "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/live\", timeout=4)"]
ENTRYPOINT ["incident-ledger"]
CMD ["serve"]
