# Manual pages, by hand: dist_man_MANS += man/heapreplay.1
dist_man_MANS +=
