"""What osv.dev is asked, and what is made of its answers."""

from __future__ import annotations

import pytest

from kubeflow_aws.cli.audit.osv import OsvUnreachableError, PackageVersion, ask_osv
from tests.support.osv import Database, serve

ISTIO = PackageVersion(ecosystem="Go", name="istio.io/istio", version="1.30.1")
DEX = PackageVersion(ecosystem="Go", name="github.com/dexidp/dex", version="2.45.1")


def test_all_versions_are_asked_for_at_once_in_the_documented_form() -> None:
    database = Database()

    with serve(database) as url:
        found = ask_osv([ISTIO, DEX], url=url)

    assert found == {ISTIO: [], DEX: []}
    assert database.questions == [
        {
            "queries": [
                {"package": {"ecosystem": "Go", "name": "istio.io/istio"}, "version": "1.30.1"},
                {
                    "package": {"ecosystem": "Go", "name": "github.com/dexidp/dex"},
                    "version": "2.45.1",
                },
            ]
        }
    ]


def test_one_hole_in_two_databases_is_one() -> None:
    database = Database(
        affected={(ISTIO.name, ISTIO.version): [["GHSA-1", "GO-1"]]},
        advisories={
            "GHSA-1": {"aliases": ["CVE-2026-1"], "summary": "A hole"},
            "GO-1": {"aliases": ["CVE-2026-1", "GHSA-1"]},
        },
    )

    with serve(database) as url:
        [advisory] = ask_osv([ISTIO], url=url)[ISTIO]

    assert advisory.title == "CVE-2026-1"
    assert advisory.names == {"CVE-2026-1", "GHSA-1"}
    assert advisory.summary == "A hole"


def test_an_answer_in_pages_is_read_to_its_end() -> None:
    database = Database(
        affected={(ISTIO.name, ISTIO.version): [["GO-1"], ["GO-2"]]},
        advisories={"GO-1": {}, "GO-2": {}},
    )

    with serve(database) as url:
        found = ask_osv([DEX, ISTIO], url=url)

    assert [each.title for each in found[ISTIO]] == ["GO-1", "GO-2"]
    # The second time only what is not complete.
    assert [len(each["queries"]) for each in database.questions] == [2, 1]


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>Sign in to this network</html>",
        b"[]",
        b"{}",
        b'{"results": [null]}',
        b'{"results": ["x"]}',
        b'{"results": [{"vulns": [null]}]}',
        b'{"results": [{"vulns": [{"id": 1}]}]}',
        b'{"results": [{"vulns": {"id": "GO-1"}}]}',
        b'{"results": [{"next_page_token": 1}]}',
        b'{"results": null}',
        b"\xff\xfe",
    ],
)
def test_an_answer_of_another_form_is_none(answer: bytes) -> None:
    with (
        serve(Database(broken=answer)) as url,
        pytest.raises(OsvUnreachableError, match="another form") as error,
    ):
        ask_osv([ISTIO], url=url)

    assert "\n" not in str(error.value)


def test_fewer_answers_than_questions_are_none() -> None:
    with (
        serve(Database(broken=b'{"results": []}')) as url,
        pytest.raises(OsvUnreachableError),
    ):
        ask_osv([ISTIO], url=url)


@pytest.mark.parametrize("advisory", [{"aliases": None}, {"summary": 1}, {"id": None}])
def test_an_advisory_of_another_form_is_none(advisory: dict[str, object]) -> None:
    database = Database(
        affected={(ISTIO.name, ISTIO.version): [["GO-1"]]}, advisories={"GO-1": advisory}
    )

    with serve(database) as url, pytest.raises(OsvUnreachableError, match="another form"):
        ask_osv([ISTIO], url=url)


def test_no_network_is_said() -> None:
    with serve(Database()) as gone:
        pass

    with pytest.raises(OsvUnreachableError, match="refused"):
        ask_osv([ISTIO], url=gone)
