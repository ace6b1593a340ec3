from __future__ import annotations

from indexnet_cli.datasets.credits import pack_credits

ROWS = [
    ("bg/a.jpg", "bg", "one/flowers", "0123456789abcdef", "x/rose_1.jpg",
     "CC-BY-2.0 CC-BY by Micky** - https://www.flickr.com/photos/m_y/1/"),
    ("alpha/a.png", "alpha", "one/flowers", "0123456789abcdef", "x/rose_2.jpg",
     "CC-BY-2.0 CC-BY by Ann - https://www.flickr.com/photos/ann/2/"),
    ("fg/h.webp", "fg", "two/hair", "fedcba9876543210", "hair.png", "CC-BY-4.0 (author Bo)"),
    ("fg/i.webp", "fg", "three/icons", "aaaaaaaaaaaaaaaa (history)", "i.png", "CC0-1.0 (Icons)"),
    ("fg/j.webp", "fg", "three/icons", "aaaaaaaaaaaaaaaa (history)", "j.png", "CC0-1.0 (Icons)"),
    ("bg/k.jpg", "bg", "four/walls", "pip", "k.jpg", "Pexels (CC0 at time of download)"),
    ("rendered/glass-0000.webp", "rendered", "", "", "", ""),  # ours
]  # fmt: skip
NAMES = ("file", "kind", "repo", "commit", "path", "licence")


def test_credits_name_authors_and_count_the_rest():
    text = pack_credits(dict(zip(NAMES, row, strict=True)) for row in ROWS)
    assert text == (
        "### CC-BY-2.0\n\n<https://creativecommons.org/licenses/by/2.0/>\n\n"
        "- [one/flowers @ 0123456789](https://github.com/one/flowers): 1 matte, 1 photograph\n"
        "  - [Ann](https://www.flickr.com/photos/ann/2/): rose\\_2.jpg\n"
        "  - [Micky\\*\\*](https://www.flickr.com/photos/m_y/1/): rose\\_1.jpg\n"
        "\n### CC-BY-4.0\n\n<https://creativecommons.org/licenses/by/4.0/>\n\n"
        "- [two/hair @ fedcba9876](https://github.com/two/hair): 1 cut-out\n"
        "  - Bo: hair.png\n"
        "\n### CC0-1.0\n\n<https://creativecommons.org/publicdomain/zero/1.0/>\n\n"
        "- [three/icons @ aaaaaaaaaa (history)](https://github.com/three/icons): "
        "2 cut-outs (Icons)\n"
        "\n### Pexels (CC0 at time of download)\n\n"
        "- [four/walls @ pip](https://github.com/four/walls): 1 photograph"
    )
