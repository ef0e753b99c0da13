"""Fetches the archives of sources over the network: with retries, progress, through proxies."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from kubeflow_aws.upstream.archives import DamagedError, unpacked
from kubeflow_aws.upstream.fetching import NotAvailableError, Notify
from kubeflow_aws.upstream.lock import Source

if TYPE_CHECKING:
    # Where everything is in a cache or a mirror, nothing is asked for over HTTP.
    import requests

TRIES: Final = 3
TIMEOUT_SECONDS: Final = 20
"""Without a byte; a download that goes on has all the time it needs."""
HELM_TIMEOUT_SECONDS: Final = 300

_PROGRESS_BYTES: Final = 8 << 20
_CHUNK_BYTES: Final = 1 << 20
_REFUSED: Final = re.compile(r"\b(?:401|403)\b|denied|[Ff]orbidden|[Uu]nauthorized")
_MISSING: Final = re.compile(r"\b404\b|not found")
"""What helm and registries say (OCI distribution specification, error codes)."""
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same question may be answered otherwise (RFC 9110, section 15)."""


class _PassingError(Exception):
    """A try that failed; the next one need not."""


@contextmanager
def downloaded(
    name: str, source: Source, *, helm: Path, notify: Notify, pause_seconds: float = 2
) -> Iterator[Path]:
    """The archive of a source, fetched; it goes when the context ends.

    HTTP honours HTTPS_PROXY, NO_PROXY and the other variables that curl knows; helm does too.

    Args:
        name: The source's name.
        source: The source.
        helm: A helm, which pulls charts from OCI registries.
        notify: Takes progress lines.
        pause_seconds: Time before the second try; the third waits twice as long.

    Raises:
        NotAvailableError: The network has no such archive, or lets nobody have it.
    """
    notify(f"fetching {name} {source.version}")
    bring = _pull if source.address.startswith("oci://") else _download
    with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as folder:
        for attempt in range(1, TRIES + 1):
            # What a try that failed has left is no part of the next.
            own = Path(folder, str(attempt))
            own.mkdir()
            try:
                archive = bring(name, source.address, own, helm, notify)
                unpacked(archive, said_of=source.address)
            except DamagedError as error:
                if attempt == TRIES:
                    raise not_to_be_had(
                        name,
                        f"{error}, {TRIES} times; does a proxy answer with a page of its own?",
                    ) from None
                notify(f"  {error}; trying again")
                time.sleep(pause_seconds * attempt)
            except _PassingError as error:
                if attempt == TRIES:
                    raise not_to_be_had(name, f"{error}, {TRIES} times") from None
                notify(f"  {error}; trying again")
                time.sleep(pause_seconds * attempt)
            else:
                yield archive
                return


def not_to_be_had(name: str, reason: str) -> NotAvailableError:
    """The error of a source that cannot be fetched, with what to do."""
    return NotAvailableError(
        f"upstream source {name} is in no mirror and cannot be fetched ({reason}); "
        "name a mirror under upstream.mirror or KUBEFLOW_UPSTREAM_MIRROR "
        '(docs/operations/upgrade.md, "Working without a network")'
    )


def _download(name: str, url: str, folder: Path, helm: Path, notify: Notify) -> Path:
    import requests

    del helm
    archive = folder / "archive"
    try:
        with (
            requests.get(url, stream=True, timeout=TIMEOUT_SECONDS) as answer,
            archive.open("wb") as file,
        ):
            _refuse(name, url, answer.status_code)
            _receive(answer, file, notify)
    except requests.exceptions.ProxyError as error:
        raise not_to_be_had(
            name, f"the proxy of HTTPS_PROXY or HTTP_PROXY does not answer for {url}: {error}"
        ) from None
    except requests.exceptions.SSLError as error:
        raise not_to_be_had(
            name,
            f"{url} has a certificate that nobody here trusts, {error}: if a proxy of yours made "
            "it, name its authority in REQUESTS_CA_BUNDLE",
        ) from None
    except (
        requests.exceptions.InvalidSchema,
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.TooManyRedirects,
    ) as error:
        raise not_to_be_had(name, f"{url}: {error}") from None
    except requests.RequestException as error:
        if reason := _nobody_there(error):
            raise not_to_be_had(name, f"{url} cannot be reached: {reason}") from None
        kept = archive.stat().st_size if archive.is_file() else 0
        broke = f"broke off after {kept / 1e6:.1f} MB" if kept else f"failed: {error}"
        raise _PassingError(f"{url} {broke}") from None
    return archive


def _nobody_there(error: requests.RequestException) -> str | None:
    """Why there was no connection, as without a network: the next try has none either."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
        # Behind what Python calls the connection.
        return str(cause.reason).partition(": ")[2] or str(cause.reason)
    return None


def _refuse(name: str, url: str, status: int) -> None:
    if status in _PASSING:
        raise _PassingError(f"{url} answers {status}")
    if status in {404, 410}:
        raise not_to_be_had(name, f"{url} is not there ({status}): is the version right?")
    if status in {401, 403, 407}:
        raise not_to_be_had(
            name,
            f"{url} is refused ({status}), by a proxy, a firewall or for too many requests: let it "
            "through, or wait an hour",
        )
    if status != 200:
        raise not_to_be_had(name, f"{url} answers {status}")


def _receive(answer: requests.Response, file: IO[bytes], notify: Notify) -> None:
    length = answer.headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() else 0
    of = f" of {size / 1e6:.0f}" if size else ""
    told = received = 0
    for chunk in answer.iter_content(_CHUNK_BYTES):
        file.write(chunk)
        received += len(chunk)
        if received - told >= _PROGRESS_BYTES:
            told = received
            notify(f"  {received / 1e6:.0f}{of} MB")


def _pull(name: str, url: str, folder: Path, helm: Path, notify: Notify) -> Path:
    """A chart from an OCI registry, which has no URL that could be downloaded."""
    del notify
    chart, _, version = url.rpartition(":")
    command = [str(helm), "pull", chart, f"--version={version}", f"--destination={folder}"]
    try:
        done = subprocess.run(  # noqa: S603
            command, check=False, capture_output=True, text=True, timeout=HELM_TIMEOUT_SECONDS
        )
    except OSError as error:
        raise not_to_be_had(name, str(error)) from None
    except subprocess.TimeoutExpired:
        raise _PassingError(f"{url} took over {HELM_TIMEOUT_SECONDS} seconds") from None
    if done.returncode == 0:
        match list(folder.glob("*.tgz")):
            case [archive]:
                return archive
            case _:
                raise not_to_be_had(name, f"{helm} pull {chart} left no chart")
    said = " ".join(done.stderr.split())
    if _REFUSED.search(said):
        host = url.removeprefix("oci://").partition("/")[0]
        raise not_to_be_had(
            name, f"{said}: a login that has expired is refused too, helm registry logout {host}"
        )
    if _MISSING.search(said):
        raise not_to_be_had(name, f"{said}: is the version right?")
    if "dial tcp" in said or "lookup " in said:
        raise not_to_be_had(name, said)
    raise _PassingError(said)
