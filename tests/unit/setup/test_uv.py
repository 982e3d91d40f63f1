"""uv can be had from an index without pip: its page is read, and only a locked file is taken."""

from deploy.setup.uv import LOCK, locked_wheels, wheel_links

_PAGE = """
<a href="../../packages/uv-1.0-py3-none-manylinux_2_17_x86_64.whl#sha256=aa">one</a>
<a href="https://files.example/uv-1.0-py3-none-macosx_11_0_arm64.whl#sha256=bb">two</a>
<a href="../../packages/uv-1.0.tar.gz#sha256=cc">three</a>
"""


def test_links_are_absolute_and_only_for_this_kind_of_machine() -> None:
    links = wheel_links(_PAGE, "https://mirror.example/simple/uv/", ["manylinux", "x86_64"])
    assert links == [("https://mirror.example/packages/uv-1.0-py3-none-manylinux_2_17_x86_64.whl", "aa")]


def test_the_lock_s_digests_are_read() -> None:
    digests = locked_wheels(LOCK.read_text(encoding="utf-8"))
    assert digests
    assert all(len(digest) == 64 for digest in digests)
