"""Whatever is done to the bytes of a folder's files, the check answers and never breaks."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.faults import checked
from tests.exchange.tiny_city import FILES, write_tiny_city

ODD = (
    b'"',
    b",",
    b"\n",
    b"\r",
    b"nan",
    b"1e999",
    b"null",
    b"[",
    b"{",
    b"\x00",
    b"\xff",
    b"\\ud800",
    b"9" * 30,
    b"&a ",
    b"*a",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_city(tmp_path_factory.mktemp("whole"))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(FILES.values())),
    at=st.floats(0, 1),
    length=st.integers(0, 200),
    put=st.one_of(st.sampled_from(ODD), st.binary(max_size=8)),
    cut=st.booleans(),
)
def test_broken_bytes(whole: Path, name: str, at: float, length: int, put: bytes, cut: bool) -> None:
    file = whole / name
    sound = file.read_bytes()
    start = int(at * len(sound))
    rest = b"" if cut else sound[start + length :]
    try:
        file.write_bytes(sound[:start] + put + rest)
        for problem in checked(whole):
            assert problem.what
            assert problem.fix
            str(problem).encode()
    finally:
        file.write_bytes(sound)
    assert checked(whole) == []
