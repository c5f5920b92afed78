# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034 # the caller uses screen
#
# Drives the terminal view for real, in a tmux of its own:
#
#     . "$top_srcdir/tests/tui/tui.sh"        # after tests/lib.sh
#     start 100x30 "$HEAPREPLAY" watch x.zst
#     keys Space .
#     sees 'paused' 'space pauses'            # sooner or later the screen matches
#     finish                                  # waits for the end; $ended is the exit status
#
# In front of the command, words such as NAME=value set its environment.

command -v tmux >/dev/null || skip_all 'tmux is not installed'
# A socket of its own, in a folder whose name is short enough for one.
sockets=$(mktemp -d /tmp/hr-tui.XXXXXX) || exit 99
trap 'tmux -S "$sockets/s" kill-server 2>/dev/null; rm -rf "$sockets"; cd /; rm -rf "$scratch"' EXIT
unset NO_COLOR FORCE_COLOR CLICOLOR_FORCE COLORTERM

mux() {
	tmux -S "$sockets/s" -f /dev/null "$@"
}

mux new-session -d -s keep -x 80 -y 24 'exec sleep 1000' 2>"$sockets/why" ||
	skip_all "tmux can't be started: $(<"$sockets/why")"
mux set-option -g default-terminal tmux-256color
mux set-option -g remain-on-exit on
mux set-option -g escape-time 0

# start COLUMNSxROWS WORD...: kills what was there.
start() {
	local size=$1 command

	shift
	mux kill-session -t view 2>/dev/null
	rm -f ended modes
	printf -v command '%q ' "$@"
	mux new-session -d -s view -x "${size%x*}" -y "${size#*x}" \
		"LC_ALL=${locale:-C.UTF-8} env $command; echo \$? >ended; stty -a >modes; echo ended; exec sleep 1000"
}

keys() {
	mux send-keys -t view "$@"
}

look() {
	screen=$(mux capture-pane -p -t view)
}

# sees REGEX DESCRIPTION: within 10 s.
sees() {
	local i

	for ((i = 0; i < 200; i++)); do
		look
		if grep -qE -e "$1" <<<"$screen"; then
			ok 0 "$2"
			return
		fi
		sleep 0.05
	done
	ok 1 "$2"
	printf '%s\n' "expected on the screen: $1" "$screen" | sed 's/^/# /'
}

# sees_other REGEX OLD DESCRIPTION: within 10 s the last text that matches is not (or no longer) OLD.
sees_other() {
	local i text

	for ((i = 0; i < 200; i++)); do
		look
		text=$(grep -oE -e "$1" <<<"$screen" | tail -n 1)
		if [ -n "$text" ] && [ "$text" != "$2" ]; then
			ok 0 "$3"
			return
		fi
		sleep 0.05
	done
	ok 1 "$3"
	printf '%s\n' "expected on the screen: $1, but not '$2'" "$screen" | sed 's/^/# /'
}

# misses REGEX DESCRIPTION: within 10 s nothing on the screen matches.
misses() {
	local i

	for ((i = 0; i < 200; i++)); do
		look
		if ! grep -qE -e "$1" <<<"$screen"; then
			ok 0 "$2"
			return
		fi
		sleep 0.05
	done
	ok 1 "$2"
	printf '%s\n' "should be gone from the screen: $1" "$screen" | sed 's/^/# /'
}

# The process id of the command.
child() {
	local pane

	pane=$(mux display-message -p -t view '#{pane_pid}')
	tr -d ' ' <"/proc/$pane/task/$pane/children"
}

# finish: the command ends within 10 s; its status is in $ended.
finish() {
	local i

	for ((i = 0; i < 200; i++)); do
		[ ! -s ended ] || [ ! -s modes ] || break
		sleep 0.05
	done
	ended=$(cat ended 2>/dev/null || echo none)
}
