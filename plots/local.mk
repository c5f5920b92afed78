# gnuplot scripts, for users to read and to change.
plotsdir = $(pkgdatadir)/plots
dist_plots_DATA = plots/batching.gp plots/index-work.gp plots/timeline.gp
