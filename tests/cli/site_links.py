# SPDX-License-Identifier: BSD-3-Clause
"""Links of a static site that lead nowhere, and what it would fetch from elsewhere; the last line counts the links.

usage: site_links.py DIRECTORY
"""
import html.parser
import os
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.fetched = set(), [], []
        with open(path, encoding="utf-8") as f:
            self.feed(f.read())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.add(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        for name in ("src", "href"):
            if tag in ("img", "script", "link", "iframe") and name in attrs:
                self.fetched.append(attrs[name])


top = os.path.realpath(sys.argv[1])
pages = {}
for folder, _, files in os.walk(top):
    for name in files:
        if name.endswith(".html"):
            path = os.path.join(folder, name)
            pages[path] = Page(path)

count = 0
reached = {os.path.join(top, "index.html")}
for path, page in sorted(pages.items()):
    for link in page.links + page.fetched:
        parts = urllib.parse.urlsplit(link)
        where = f"{os.path.relpath(path, top)}: {link}"
        if parts.scheme or parts.netloc:
            if link in page.fetched:
                print(f"{where} (from elsewhere)")
            continue
        count += 1
        target = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(parts.path))) if parts.path else path
        reached.add(target)
        if not os.path.isfile(target) or not target.startswith(top + os.sep):
            print(f"{where} (no such file)")
        elif parts.fragment and urllib.parse.unquote(parts.fragment) not in getattr(pages.get(target), "ids", ()):
            print(f"{where} (no such place in it)")
for path in sorted(set(pages) - reached):
    print(f"{os.path.relpath(path, top)}: no page leads to it")
print(count)
