"""The dialogue, played from the transcripts that the wire tests play over sockets, and its laws."""

from pathlib import Path

import pytest

from tests.wire.transcript import FILES, PurePlayer, read


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_transcript(file: Path) -> None:
    PurePlayer(read(file)).play()
