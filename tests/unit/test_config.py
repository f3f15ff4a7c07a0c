"""gate.toml: strict reading in one clear line, and writing that keeps what the owner wrote."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import config, endpoint
from gate.config import ALLOWED, Config, ConfigError
from gate.folders import resource


def test_the_default_file_says_what_holds_without_it():
    assert config.load(resource("gate.toml")) == Config()


def test_no_file_is_the_default(tmp_path):
    assert config.load(tmp_path / "gate.toml") == Config()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name here")
def test_what_is_no_regular_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "zero", "folder"):
        for read in (config.load, lambda file: config.write(file, {"gate.hostname": "x"})):
            with pytest.raises(ConfigError) as caught:
                read(tmp_path / name)
            assert str(caught.value).count("it is no regular file") == 1 and str(tmp_path / name) in str(caught.value)


def test_every_key_says_what_is_allowed():
    keys = {
        f"{section}.{name}"
        for section in Config.__struct_fields__
        for name in getattr(Config(), section).__struct_fields__
    }
    assert keys | set(Config.__struct_fields__) == set(ALLOWED)


BROKEN = [
    ("[gate]\nlisten = 1", "gate.listen"),
    ("[gate]\nlisten = [1]", "gate.listen"),
    ('[gate]\nlisten = ["localhost"]', "gate.listen"),
    ('[gate]\nlisten = ["::1:25"]', "gate.listen"),
    ('[gate]\nlisten = ["127.0.0.1:65536"]', "gate.listen"),
    ('[gate]\nlisten = ["127.0.0.1:-1"]', "gate.listen"),
    ('[gate]\ndomains = ["a b"]', "gate.domains"),
    ('[gate]\ndomains = ["user@example.org"]', "gate.domains"),
    ("[gate]\ndomains = 2020-01-01", "gate.domains"),
    ('[gate]\ndomains = ["a.example"]\nlisted = ["b.example"]', "gate.listed"),
    ('[gate]\ndeliver = "smtp://a:1:1"', "gate.deliver"),
    ('[gate]\ndeliver = "smtp://a..b:25"', "gate.deliver"),
    (f'[gate]\ndeliver = "smtp://{"a" * 64}.example:25"', "gate.deliver"),
    ('[gate]\nlisten = ["a..b:25"]', "gate.listen"),
    ('[gate]\ndeliver = "smtp://a:99999"', "gate.deliver"),
    ('[gate]\ndeliver = "smtp://a:25?tls=maybe"', "gate.deliver"),
    ('[gate]\ndeliver = "http://a:25"', "gate.deliver"),
    ('[gate]\nclient_address = "x"', "gate.client_address"),
    ('[gate]\ntrusted = ["1.2.3"]', "gate.trusted"),
    ('[gate]\nrecipient_delimiter = "++"', "gate.recipient_delimiter"),
    ('[gate]\nrecipient_delimiter = "a"', "gate.recipient_delimiter"),
    *(
        (f'[gate]\nhostname = "{name}"', "gate.hostname")
        for name in (
            "a b",
            "-..-",
            "-",
            ".",
            "a..b",
            ".a",
            "a.",
            "-a.example",
            "a-.example",
            "a_b",
            "a" * 64,
            "a." * 126 + "ab",
            "[]",
            "[::1]",
            "[IPv6:x]",
            "[IPv6:fe80::1%a b]",
            "[192.0.2.256]",
            "[192.0.2.1",
            "192.0.2.1]",
        )
    ),
    *(
        (f'[gate]\nlisten = ["127.0.0.9:1", "{listen}"]\ndeliver = "smtp://{deliver}"', "gate.deliver")
        for listen, deliver in (
            ("127.0.0.1:2525", "127.0.0.1:2525"),
            ("0.0.0.0:25", "127.0.0.1"),
            ("[::]:25", "localhost:25?tls=none"),
            ("localhost:25", "[::1]"),
            ("mail.example.org:25", "mail.example.org"),
        )
    ),
    ('[gate]\nlisten = []\ndeliver = "smtp://127.0.0.1:10040"\n[policy]\nlisten = ["127.0.0.1:10040"]', "gate.deliver"),
    ("[limits]\nconnections = true", "limits.connections"),
    ("[limits]\nconnections = 0", "limits.connections"),
    ("[limits]\nconnections = 1.5", "limits.connections"),
    ("[limits]\ncommand_seconds = nan", "limits.command_seconds"),
    ("[limits]\ncommand_seconds = inf", "limits.command_seconds"),
    ("[log]\nkeep_days = -1", "log.keep_days"),
    ("[log]\nkeep_days = 36501", "log.keep_days"),
    ("[gate]\nlisten = []", "gate.listen"),
    ('[policy]\nreply = "250 ok"', "policy.reply"),
    ('[tls]\ncertificate = "x.pem"', "tls.key"),
]


@pytest.mark.parametrize(
    "name",
    ["", "localhost", "mail.example.org", "xn--bcher-kva.example", "a", "4a-4.b", "[192.0.2.1]", "[IPv6:2001:db8::1]"],
)
def test_a_host_name_that_may_greet(name):
    assert config.parse(f'[gate]\nhostname = "{name}"', "gate.toml").gate.hostname == name


@pytest.mark.parametrize(("text", "key"), BROKEN)
def test_an_unusable_value_is_one_line_with_file_key_and_what_is_allowed(tmp_path, text, key):
    file = tmp_path / "gate.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as problem:
        config.load(file)
    line = str(problem.value)
    assert str(file) in line
    assert f"{key} = " in line
    assert ALLOWED[key] in line
    assert "\n" not in line


ONE_PORT = [
    ("127.0.0.1:10040", "127.0.0.1:10040", True),
    ("0.0.0.0:10040", "127.0.0.1:10040", True),
    ("[::1]:10040", "[::]:10040", True),
    ("localhost:10040", "[::1]:10040", True),
    ("LOCALHOST.:10040", "127.0.0.1:10040", True),
    ("[::ffff:127.0.0.1]:10040", "127.0.0.1:10040", True),
    ("Mail.Example.org:10040", "mail.example.org.:10040", True),
    ("[::]:10040", "[::ffff:192.0.2.1]:10040", False),
    ("127.0.0.1:25", "127.0.0.1:10040", False),
    ("127.0.0.1:10040", "[::1]:10040", False),
    ("0.0.0.0:10040", "[::]:10040", False),
    ("127.0.0.1:0", "127.0.0.1:0", False),
]


@pytest.mark.parametrize(("mail", "policy", "same"), ONE_PORT)
def test_mail_and_policy_have_ports_of_their_own(mail, policy, same):
    text = f'[gate]\nlisten = ["127.0.0.9:1", "{mail}"]\n[policy]\nlisten = ["127.0.0.9:2", "{policy}"]'
    if not same:
        assert config.parse(text, "gate.toml").policy.listen[1] == policy
        return
    with pytest.raises(ConfigError) as told:
        config.parse(text, "gate.toml")
    line = str(told.value)
    assert line.startswith("gate.toml: gate.listen and policy.listen both name port 10040 of ") and "\n" not in line
    assert line.endswith("such as 127.0.0.1:2525 for mail and 127.0.0.1:10040 for Postfix's questions")


@pytest.mark.parametrize(("text", "key"), [("[gate]\nlistn = []", "gate.listn"), ("lists = 1", "lists"), ("[x]", "x")])
def test_an_unknown_key_is_named(text, key):
    with pytest.raises(ConfigError, match=f"there is no key {key};") as problem:
        config.parse(text, "gate.toml")
    assert problem.value.code == "config.unknown_key"


@pytest.mark.parametrize("text", ["[gate", "a = = 1", "gate = 1", "[limits]\nconnections = 1e999"])
def test_what_is_no_toml_or_no_section_is_one_line(text):
    with pytest.raises(ConfigError) as problem:
        config.parse(text, "gate.toml")
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_cannot_be_read_is_one_line(tmp_path, content):
    file = tmp_path / "gate.toml"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(file)


@given(st.text())
def test_no_text_raises_anything_else(text):
    try:
        config.parse(text, "gate.toml")
    except ConfigError as problem:
        assert str(problem)


@pytest.mark.parametrize(
    ("listen", "deliver"),
    [("192.0.2.5:25", "127.0.0.1:25"), ("0.0.0.0:25", "127.0.0.1:26"), ("0.0.0.0:25", "mail.example.org")],
)
def test_a_server_beside_the_gate_is_not_the_gate(listen, deliver):
    assert config.parse(f'[gate]\nlisten = ["{listen}"]\ndeliver = "smtp://{deliver}"', "x").gate.listen == [listen]


def test_good_values_are_taken():
    text = """
        [gate]
        listen = ["[::1]:25", "localhost:2525", "0.0.0.0:0"]
        domains = ["example.org", "münchen.example", "LOCALHOST", "example.net."]
        listed = ["EXAMPLE.org", "xn--mnchen-3ya.example", "localhost."]
        deliver = "smtp://[::1]:10025?tls=require"
        trusted = ["192.168.1.0/24", "::1"]
        recipient_delimiter = ""
        [limits]
        command_seconds = 2
    """
    found = config.parse(text, "gate.toml")
    assert found.gate.listen[0] == "[::1]:25"
    assert found.limits.command_seconds == 2


@pytest.mark.parametrize("text", ["[::1]:25", "127.0.0.1:0", "mail.example.org:65535"])
def test_an_address_comes_back_as_it_was(text):
    assert endpoint.join_address(*endpoint.split_address(text)) == text


def test_writing_keeps_comments_and_order(tmp_path):
    file = tmp_path / "config" / "gate.toml"
    file.parent.mkdir()
    file.write_text('# mine\n[log]\nkeep_days = 3 # short\n\n[gate]\n# where\nlisten = ["127.0.0.1:1"]\n')
    found = config.write(file, {"gate.listen": ["127.0.0.1:2"], "tls.certificate": "", "log.max_rows": 5})
    assert found == config.load(file)
    text = file.read_text()
    assert text.startswith("# mine\n[log]\nkeep_days = 3 # short\n")
    assert '# where\nlisten = ["127.0.0.1:2"]' in text
    assert [path.name for path in file.parent.iterdir()] == ["gate.toml"]


def test_writing_a_list_keeps_what_stands_between_its_items(tmp_path):
    file = tmp_path / "gate.toml"
    before = '[gate]\ndomains = [\n    "a.example", # the first\n    "b.example",\n]\nlisted = []   # of these\n'
    file.write_text(before)
    config.write(file, {"gate.domains": ["a.example", "b.example", "c.example"], "gate.listed": ["b.example"]})
    after = before.replace('"b.example",\n', '"b.example",\n    "c.example",\n').replace("[]", '["b.example"]')
    assert file.read_text() == after
    config.write(file, {"gate.domains": ["a.example", "b.example"], "gate.listed": []})
    assert file.read_text() == before
    config.write(file, {"gate.domains": ["b.example", "a.example"]})
    assert config.load(file).gate.domains == ["b.example", "a.example"]


def test_writing_begins_with_the_commented_default(tmp_path):
    file = tmp_path / "new" / "gate.toml"
    config.write(file, {"gate.domains": ["example.org"]}, template=resource("gate.toml").read_text("utf-8"))
    assert config.load(file).gate.domains == ["example.org"]
    assert "# Where mail comes in" in file.read_text()


def test_a_value_that_cannot_be_used_is_not_written(tmp_path):
    file = tmp_path / "gate.toml"
    file.write_text("# mine\n")
    for changes in ({"gate.listen": "x"}, {"gate.unknown": 1}):
        with pytest.raises(ConfigError):
            config.write(file, changes)
    assert file.read_text() == "# mine\n"


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        config.write(Path(place / "gate.toml"), {"gate.domains": []})
