# The provider as an image: the pages are built first, then the locked packages are installed, then both are carried over
# into an image that holds no build tools, runs as nobody in particular and needs no writable file system but /tmp.

FROM python:3.11-slim AS pages
WORKDIR /build
COPY frontend frontend
RUN python frontend/build.py

FROM python:3.11-slim AS packages
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
ENV UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/idp UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /build
# The libraries in a layer of their own: it changes only with the lock.
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --no-default-groups --no-install-project
COPY idp idp
COPY --from=pages /build/idp/web/static/build idp/web/static/build
RUN /opt/idp/bin/pybabel compile --directory idp/web/translations && uv sync --locked --no-default-groups --no-editable

FROM python:3.11-slim
RUN useradd --system --uid 10001 --user-group --home-dir /srv/idp --create-home idp \
    && install --directory --owner=idp --group=idp --mode=0700 /srv/idp/keys
COPY --from=packages /opt/idp /opt/idp
COPY --chown=root:root config /srv/idp/config
ENV PATH=/opt/idp/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    IDP_ENVIRONMENT=production IDP_KEYS_DIR=/srv/idp/keys
WORKDIR /srv/idp
USER idp
EXPOSE 8000
VOLUME /srv/idp/keys
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["idp", "serve", "--host", "0.0.0.0", "--port", "8000"]
