"""Fetching real images: local copies first, then downloads that are good or refused. A server on this computer."""

import contextlib
import hashlib
import importlib.util
import io
import os
import socket
import sys
import tarfile
import threading
import types
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

import pooch
import pytest

from helpers.datasets import DatasetError, downloads
from helpers.datasets.downloads import local, transfer

CONTENT = b"image " * 50_000
STEPS = "1. Open the page and press Download."


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    return tmp_path / "cache" / "downloads"


@pytest.fixture
def server():
    """`server.pages` : path -> bytes, or a function of the request handler; `server.hits` : paths asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            running.hits.append(self.path)
            page = running.pages.get(self.path)
            if callable(page):
                page(self)
            elif page is None:
                self.send_error(404)
            else:
                send(self, page, len(page))

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    running.pages, running.hits, running.over = {}, [], threading.Event()
    running.address = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.over.set()
    running.shutdown()
    thread.join()
    running.server_close()


def send(handler, content, announced):
    handler.send_response(200)
    handler.send_header("Content-Length", str(announced))
    handler.end_headers()
    handler.wfile.write(content)


def sha256(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


@pytest.fixture
def register(tmp_path):
    """Write a registry with one entry, `cohort`; returns its path."""

    def write(name="cohort", **entry):
        entry = {
            "title": "A cohort",
            "licence": "CC0",
            "cite": "A. Nobody (2026)",
            "homepage": "https://example.org",
            "manual": ["Open the page and press Download."],
        } | entry
        lines = [f"{key} = {value!r}" for key, value in entry.items() if value is not None]
        path = tmp_path / "registry.toml"
        path.write_text("\n".join([f"[{name}]", *lines]), encoding="utf-8")
        return path

    return write


@pytest.fixture
def publish(server, register):
    """Serve `content`, and register it, with its true checksum unless another is given."""

    def serve(content, file="cohort.npz", **entry):
        server.pages[f"/{file}"] = content
        entry = {"address": f"{server.address}/{file}", "file": file} | entry
        return register(**{"checksum": sha256(content) if isinstance(content, bytes) else None} | entry)

    return serve


def archive(kind, members):
    """The bytes of an archive; a member whose content is a str is a link to it."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as opened:
            for name, content in members.items():
                opened.writestr(name, content)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as opened:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                if isinstance(content, str):
                    member.type, member.linkname = tarfile.SYMTYPE, content
                    opened.addfile(member)
                else:
                    member.size = len(content)
                    opened.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


IMAGES = {"chest/NORMAL/1.jpeg": b"one", "chest/PNEUMONIA/2.jpeg": b"two"}


def refused(*arguments, registry, **options):
    """The message of the error; the manual steps are always in it."""
    with pytest.raises(DatasetError) as caught:
        downloads.fetch("cohort", *arguments, registry=registry, progress=False, **options)
    message = str(caught.value)
    assert STEPS in message and "CC0" in message and "by hand" in message and "--data-root" in message
    return message


def left(folder):
    """All that lies in the folder of downloads."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def files_below(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# Good downloads


def test_a_file_is_downloaded_once(publish, server, own_cache, capfd, monkeypatch):
    registry, said = publish(CONTENT), []
    monkeypatch.setattr(pooch.get_logger(), "handle", said.append)
    path = downloads.fetch("cohort", registry=registry, progress=False)
    assert path == own_cache / "cohort" / "cohort.npz" and path.read_bytes() == CONTENT
    assert downloads.fetch("cohort", registry=registry) == path
    assert server.hits == ["/cohort.npz"] and left(own_cache) == ["cohort", "cohort/cohort.npz"]
    assert capfd.readouterr() == ("", "") and said == []


def test_a_file_that_was_damaged_on_disk_is_downloaded_again(publish, server):
    registry = publish(CONTENT)
    path = downloads.fetch("cohort", registry=registry, progress=False)
    path.write_bytes(CONTENT[:-1])
    assert downloads.fetch("cohort", registry=registry, progress=False).read_bytes() == CONTENT
    assert len(server.hits) == 2


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_is_unpacked_once_and_not_kept(kind, publish, server, own_cache):
    registry = publish(archive(kind, IMAGES), f"cohort.{kind}", archive=kind)
    folder = downloads.fetch("cohort", registry=registry, progress=False)
    assert folder == own_cache / "cohort" and files_below(folder) == IMAGES
    assert downloads.fetch("cohort", registry=registry, progress=False) == folder
    assert len(server.hits) == 1
    assert sorted(path.name for path in own_cache.iterdir()) == ["cohort", "cohort.complete.json"]


def test_a_new_checksum_on_record_replaces_the_old_images(publish, server):
    downloads.fetch("cohort", registry=publish(archive("zip", IMAGES), archive="zip"), progress=False)
    newer = {"chest/NORMAL/3.jpeg": b"three"}
    folder = downloads.fetch("cohort", registry=publish(archive("zip", newer), archive="zip"), progress=False)
    assert files_below(folder) == newer and len(server.hits) == 2


def test_two_runs_at_once_both_get_the_images(publish, server):
    content, both = archive("zip", IMAGES), threading.Barrier(2)

    def page(handler):
        both.wait(5)
        send(handler, content, len(content))

    registry = publish(page, archive="zip", checksum=sha256(content))
    found = []
    runs = [
        threading.Thread(target=lambda: found.append(downloads.fetch("cohort", None, registry, False)))
        for _ in "ab"
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(10)
    assert len(found) == 2 and found[0] == found[1] and files_below(found[0]) == IMAGES


def test_a_bar_is_shown_only_with_tqdm_and_if_wanted(publish, monkeypatch, capfd):
    registry = publish(CONTENT)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "tqdm", None)
        path = downloads.fetch("cohort", registry=registry)
    assert capfd.readouterr().err == ""
    if importlib.util.find_spec("tqdm"):
        path.unlink()
        downloads.fetch("cohort", registry=registry)
        assert "100%" in capfd.readouterr().err


# Bad downloads


def test_a_wrong_checksum_leaves_nothing_and_a_good_file_works_later(publish, server, own_cache):
    registry = publish(b"not the file", checksum=sha256(CONTENT))
    message = refused(registry=registry)
    for expected in (sha256(CONTENT), sha256(b"not the file"), "cohort.npz", server.address, "Try again"):
        assert expected in message
    assert left(own_cache) == []
    server.pages["/cohort.npz"] = CONTENT
    assert downloads.fetch("cohort", registry=registry, progress=False).read_bytes() == CONTENT


def test_a_cut_connection(publish, server, own_cache):
    registry = publish(lambda handler: send(handler, CONTENT[:1000], len(CONTENT)), checksum=sha256(CONTENT))
    assert "cut" in refused(registry=registry) and left(own_cache) == []
    server.pages["/cohort.npz"] = CONTENT
    assert downloads.fetch("cohort", registry=registry, progress=False).read_bytes() == CONTENT


@pytest.mark.parametrize("sent", [0, 1000])
def test_a_server_that_falls_silent(sent, publish, server, own_cache, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.2)

    def page(handler):
        if sent:
            send(handler, CONTENT[:sent], len(CONTENT))
        server.over.wait(10)

    message = refused(registry=publish(page, checksum=sha256(CONTENT)))
    assert "sent nothing for 0.2 seconds" in message
    assert left(own_cache) == []


def test_a_page_that_is_gone(publish, server, own_cache):
    message = refused(registry=publish(None, checksum=sha256(CONTENT)))
    assert "404" in message and f"{server.address}/cohort.npz" in message and left(own_cache) == []


def test_no_network(register, own_cache):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    registry = register(address=f"http://127.0.0.1:{port}/a.npz", file="a.npz", checksum=sha256(CONTENT))
    message = refused(registry=registry)
    assert "cannot be reached" in message and "network" in message and left(own_cache) == []


def test_an_address_that_is_none(register):
    assert "nowhere" in refused(registry=register(address="nowhere", file="a.npz", checksum=sha256(CONTENT)))


@pytest.mark.parametrize(
    ("kind", "members", "bad"),
    [
        ("zip", {"1.jpeg": b"one", "../outside.txt": b"bad"}, "../outside.txt"),
        ("zip", {"..\\outside.txt": b"bad"}, "outside.txt"),
        ("zip", {"/outside.txt": b"bad"}, "/outside.txt"),
        ("zip", {"C:\\outside.txt": b"bad"}, "outside.txt"),
        ("tar", {"1.jpeg": b"one", "a/../../outside.txt": b"bad"}, "a/../../outside.txt"),
        ("tar", {"/outside.txt": b"bad"}, "/outside.txt"),
        ("tar", {"link": "/etc"}, "link"),
    ],
)
def test_an_archive_that_would_write_elsewhere(kind, members, bad, publish, own_cache):
    message = refused(registry=publish(archive(kind, members), f"cohort.{kind}", archive=kind))
    assert bad in message.replace("\\\\", "\\") and "outside its folder" in message
    assert left(own_cache) == [] and not list(own_cache.parents[1].rglob("outside.txt"))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_that_cannot_be_unpacked(kind, publish, own_cache):
    assert f"as {kind}" in refused(registry=publish(CONTENT, archive=kind)) and left(own_cache) == []
    assert "empty" in refused(registry=publish(archive(kind, {}), archive=kind)) and left(own_cache) == []
    cut = archive(kind, {"1.jpeg": os.urandom(100_000)})[:50_000]
    refused(registry=publish(cut, archive=kind))
    assert left(own_cache) == []


def test_an_interrupted_run_can_be_repeated(publish, own_cache, monkeypatch):
    registry = publish(archive("zip", IMAGES), archive="zip")

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(local, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            downloads.fetch("cohort", registry=registry, progress=False)
    assert left(own_cache) == []
    assert files_below(downloads.fetch("cohort", registry=registry, progress=False)) == IMAGES


def test_what_killed_runs_leave_is_not_used_and_removed_in_time(publish, own_cache):
    for name in ("cohort", ".partial-old", ".partial-young"):
        (own_cache / name).mkdir(parents=True)
        (own_cache / name / "half.jpeg").write_bytes(b"ha")
    (own_cache / "cohort.complete.json").write_text('{"of": ', encoding="utf-8")
    os.utime(own_cache / ".partial-old", (0, 0))
    registry = publish(archive("zip", IMAGES), archive="zip")
    assert files_below(downloads.fetch("cohort", registry=registry, progress=False)) == IMAGES
    assert (own_cache / ".partial-young").exists() and not (own_cache / ".partial-old").exists()


def test_no_space(publish, server):
    message = refused(registry=publish(CONTENT, size=10**18))
    assert "GB left" in message and server.hits == []


def test_a_disk_that_fills_up(publish, own_cache, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch, "retrieve", full)
    assert "No space left" in refused(registry=publish(CONTENT)) and left(own_cache) == []


def test_a_cache_that_cannot_be_written(publish, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="COURSE_CACHE"):
        downloads.fetch("cohort", registry=publish(CONTENT))


def test_without_checksum_or_address_nothing_is_downloaded(publish, register, server):
    message = refused(registry=publish(CONTENT, checksum=None))
    assert "no checksum is on record" in message and "a good file from a bad one" in message
    assert server.hits == [] and "Try again" not in message
    assert "no public address" in refused(registry=register())


# Local copies


def test_a_local_root_comes_first(publish, server, tmp_path, monkeypatch):
    registry = publish(CONTENT)
    mine, env = tmp_path / "mine", tmp_path / "env" / "cohort"
    mine.mkdir()
    env.mkdir(parents=True)
    monkeypatch.setenv("COURSE_DATA_DIR", str(env.parent))
    assert downloads.fetch("cohort", mine, registry) == mine
    assert downloads.fetch("cohort", str(mine), registry) == mine
    monkeypatch.setenv("HOME", str(tmp_path))
    if os.name == "posix":
        assert downloads.fetch("cohort", "~/mine", registry) == mine
    for nothing in (None, "", " "):
        assert downloads.fetch("cohort", nothing, registry) == env
    assert server.hits == [] and not (tmp_path / "cache").exists()


def test_a_folder_of_the_environment_that_lacks_the_set(publish, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "nowhere"))
    assert downloads.fetch("cohort", None, publish(CONTENT), False).read_bytes() == CONTENT


def test_a_missing_root_is_refused_although_a_copy_lies_elsewhere(publish, register, tmp_path, monkeypatch):
    missing = tmp_path / "typing error"
    assert refused(missing, registry=register()).startswith(f"{missing}: there is no such folder or file.")
    registry = publish(CONTENT)
    downloads.fetch("cohort", None, registry, False)
    assert refused(missing, registry=registry).startswith(f"{missing}: there is no such folder or file.")
    (tmp_path / "env" / "cohort").mkdir(parents=True)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "env"))
    assert refused(missing, registry=registry).startswith(f"{missing}: there is no such folder or file.")


# Kaggle


@pytest.fixture
def kaggle(monkeypatch):
    """Pretend that kagglehub is installed; what it does is the argument."""

    def install(download):
        module = types.ModuleType("kagglehub")
        module.dataset_download = download
        monkeypatch.setitem(sys.modules, "kagglehub", module)

    return install


def test_without_kagglehub_the_steps_are_told(register, monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    message = refused(registry=register(kaggle="somebody/cohort"))
    assert "kagglehub is not installed" in message and "pip install kagglehub" in message


def test_kagglehub_is_asked_once(register, kaggle, tmp_path):
    folder, asked = tmp_path / "kaggle" / "1", []
    folder.mkdir(parents=True)
    (folder / "1.jpg").write_bytes(b"one")
    kaggle(lambda handle: asked.append(handle) or str(folder))
    registry = register(kaggle="somebody/cohort")
    assert downloads.fetch("cohort", registry=registry) == folder
    assert downloads.fetch("cohort", registry=registry) == folder
    assert asked == ["somebody/cohort"]
    (folder / "1.jpg").unlink()
    folder.rmdir()
    assert "nothing is there" in refused(registry=registry) and len(asked) == 2


def test_kagglehub_fails(register, kaggle):
    def fail(handle):
        raise RuntimeError("403 Client Error.\n\nYou need an account")

    kaggle(fail)
    message = refused(registry=register(kaggle="somebody/cohort"))
    assert "somebody/cohort: 403 Client Error. You need an account" in message and "Try again" in message


# The registry


def test_an_unknown_name_lists_the_names(register):
    for ask in (downloads.fetch, downloads.describe, downloads.manual_steps):
        with pytest.raises(ValueError, match="unknown data set 'cohrt'; known: cohort"):
            ask("cohrt", registry=register())


def test_describe_and_manual_steps(register):
    registry = register(
        address="http://a.org/b", file="b.npz", size=1234, checksum=sha256(b""), archive="zip"
    )
    source = downloads.describe("cohort", registry)
    assert (source.name, source.file, source.size, source.archive) == ("cohort", "b.npz", 1234, "zip")
    assert source.manual == ("Open the page and press Download.",) and source.kaggle == ""
    text = downloads.manual_steps("cohort", registry)
    for expected in (STEPS, "1,234 bytes", sha256(b"")[7:], "A. Nobody", "CC0", "https://example.org"):
        assert expected in text
    assert downloads.names(registry) == ("cohort",)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"licence": None}, "licence"),
        ({"manual": []}, "manual"),
        ({"manual": "Open the page."}, "manual must be list"),
        ({"size": "big"}, "size must be int"),
        ({"adress": "http://a.org"}, "adress"),
        ({"checksum": "md5:1234"}, "64 hexadecimal digits"),
        ({"archive": "rar"}, "zip, tar"),
        ({"address": "http://a.org"}, "plain file name"),
        ({"address": "http://a.org", "file": "../a.npz"}, "plain file name"),
        ({"name": '"../cohort"'}, "plain file name"),
    ],
)
def test_a_wrong_entry_is_told(entry, expected, register):
    registry = register(**entry)
    with pytest.raises(DatasetError) as caught:
        downloads.names(registry)
    assert expected in str(caught.value) and str(registry) in str(caught.value)


def test_a_registry_that_cannot_be_read(tmp_path):
    path = tmp_path / "registry.toml"
    for content in (None, "[cohort", "cohort = 1"):
        if content:
            path.write_text(content, encoding="utf-8")
        with pytest.raises(DatasetError, match="registry.toml"):
            downloads.names(path)


def test_the_committed_registry():
    assert downloads.names() == ("kidney_ct", "chest_xray", "pneumoniamnist", "montgomery", "brain_ct")
    for name in downloads.names():
        source = downloads.describe(name)
        assert source.title and source.licence and source.cite and source.manual
        for address in filter(None, (source.homepage, source.address)):
            assert urlparse(address).scheme == "https" and urlparse(address).netloc
        assert bool(source.address) == bool(source.checksum), "an address without a checksum is of no use"
        assert source.homepage in downloads.manual_steps(name)
    assert downloads.describe("kidney_ct").kaggle.startswith("nazmul0087/")


def test_sets_without_an_address_refuse_with_their_steps():
    for name in ("montgomery", "brain_ct"):
        with pytest.raises(DatasetError) as caught:
            downloads.fetch(name)
        assert downloads.manual_steps(name) in str(caught.value)
