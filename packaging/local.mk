# SPDX-License-Identifier: BSD-3-Clause
# packaging: Debian packages (make deb), a container image, a GitHub Action.
EXTRA_DIST += action.yml \
	packaging/action.sh \
	packaging/Containerfile \
	packaging/deb.sh \
	packaging/debian/changelog \
	packaging/debian/control \
	packaging/debian/copyright \
	packaging/debian/heapreplay.install \
	packaging/debian/libheapreplay-dev.install \
	packaging/debian/libheapreplay0.install \
	packaging/debian/rules \
	packaging/debian/source/format

deb: dist
	$(SHELL) $(top_srcdir)/packaging/deb.sh $(distdir).tar.gz packages
.PHONY: deb
