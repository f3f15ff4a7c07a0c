"""The gate's own words: safe lines, tracebacks in the file alone."""

import logging

from gate.rules.visible import escape, escape_json
from gate.service import logs


def test_lines_are_safe_and_traces_go_into_the_file(tmp_path, capsys):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.begin(tmp_path)
        log = logging.getLogger("gate.test")
        log.warning("heard %s", "a\x1b[2J\nb\u202ec")
        log.info("quiet", extra=logs.FILE_ONLY)
        try:
            raise RuntimeError("in\x1bside")
        except RuntimeError:
            log.exception("it failed")
    finally:
        for handler in [each for each in root.handlers if each not in before]:
            handler.close()
        root.handlers[:], root.level = before, level
        logging.raiseExceptions = True
    told = capsys.readouterr().err
    assert told.splitlines() == ["irusu-gate: heard a\\x1b[2J\\x0ab\\u202ec", "irusu-gate: it failed"]
    kept = (tmp_path / "gate.log").read_text()
    assert "heard a\\x1b[2J\\x0ab\\u202ec\n" in kept
    assert "quiet" in kept
    assert "RuntimeError: in\\x1bside" in kept
    assert "\x1b" not in kept


def test_escaped_json_is_the_same_document():
    import json

    text = '{"a":"\u202e\u200b\x7f\u00e9"}'
    assert json.loads(escape_json(text)) == json.loads(text)
    assert escape(escape_json(text)) == escape_json(text)
