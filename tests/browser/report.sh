# SPDX-License-Identifier: BSD-3-Clause
# The report's page in a real browser, by WebDriver: chromedriver takes requests on the
# loopback address, curl makes them. Skips itself where there is no browser or gnuplot.
. "$top_srcdir/tests/lib.sh"

for tool in chromium chromedriver curl jq gnuplot; do
	command -v $tool >/dev/null || skip_all "there is no $tool"
done
export HOME=$PWD # the browser keeps files there
chromedriver --port=0 >driver.log 2>&1 &
driver=$!
trap 'close_browser; kill $driver 2>/dev/null; wait; cd /; rm -rf "$scratch"' EXIT
for ((i = 0; i < 600; i++)); do
	port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' driver.log)
	[ -z "$port" ] || break
	kill -0 $driver 2>/dev/null || break
	sleep 0.1
done
[ -n "$port" ] || skip_all "chromedriver does not start: $(tail -n 1 driver.log)"
url=http://127.0.0.1:$port session=

# ask METHOD PATH [JSON]: the answer's value.
ask() {
	curl -s --noproxy '*' -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} "$url/$2" | jq -c .value
}

# open_browser WIDTH: a window of its own; those of telephones are narrower than windows can be.
open_browser() {
	local telephone=null

	[ "$1" -ge 500 ] || telephone="{\"deviceMetrics\": {\"width\": $1, \"height\": 800, \"pixelRatio\": 1}}"
	close_browser
	session=$(ask POST session "$(jq -nc --arg size "--window-size=$1,900" --arg data "--user-data-dir=$PWD/data-$1" \
		--argjson telephone "$telephone" '{capabilities:
		{alwaysMatch: {browserName: "chrome", "goog:loggingPrefs": {browser: "ALL"}, "goog:chromeOptions": ({binary: "/usr/bin/chromium",
		args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", $size, $data]} + if $telephone then
		{mobileEmulation: $telephone} else {} end)}}}')" | jq -r .sessionId)
}
close_browser() {
	[ -z "$session" ] || ask DELETE "session/$session" >/dev/null
	session=
}

# js SCRIPT: what it returns.
js() {
	ask POST "session/$session/execute/sync" "$(jq -nc --arg script "$1" '{script: $script, args: []}')"
}

# visit ADDRESS: and wait for its scripts. The browser's tab is left in between, so that the page loads anew.
visit() {
	ask POST "session/$session/url" '{"url": "about:blank"}' >/dev/null
	ask POST "session/$session/url" "$(jq -nc --arg url "$1" '{url: $url}')" >/dev/null
	for ((i = 0; i < 300; i++)); do
		[ "$(js 'return document.documentElement.classList.contains("ready")')" != true ] || return 0
		sleep 0.1
	done
}

# settled SCRIPT WANTED DESCRIPTION: what the script returns becomes that: frames are drawn when the browser likes.
settled() {
	local got i

	for ((i = 0; i < 100; i++)); do
		got=$(js "$1")
		[ "$got" != "$2" ] || break
		sleep 0.1
	done
	is "$got" "$2" "$3"
}

"$HEAPREPLAY" report -q -o page.html "$top_srcdir/traces/phases-1p-go125.trace.zst" || exit 99
page=file://$PWD/page.html

open_browser 1400
if [ "$session" = null ] || [ -z "$session" ]; then
	skip_all "chromium does not start: $(tail -n 1 driver.log)"
fi
visit "$page"
is "$(js 'return document.documentElement.classList.contains("ready")')" true 'the page begins'
is "$(js 'return [...document.querySelectorAll(".still")].some(e => e.offsetParent !== null)')" false 'still plots make way'
is "$(js 'return document.querySelectorAll(".chart svg").length')" 3 'for three charts,'
is "$(js 'return document.querySelectorAll("#policies-live path[data-policy]").length == document.querySelectorAll("#policies-table tbody tr").length')" \
	true 'one of them with a line for each policy'

# One cursor: 24 s into the trace nearly 608 MiB are free under every Go policy (README), and the charts agree on the time.
times='return [...document.querySelectorAll(".chart + .read b")].map(e => e.textContent).join(" ")'
visit "$page#t=24"
settled "$times" '"24.00 s 24.00 s 24.00 s"' 'the address of the page sets the cursor of all charts'
like "$(js 'return document.querySelector("#memory-live .read").textContent')" '6[01][0-9] MiB free' 'memory at the cursor is read out'
is "$(js 'return document.querySelector("#map-when").textContent')" '"24.00 s"' 'the map shows the same time'
js 'document.querySelector("#memory-live .chart").dispatchEvent(new KeyboardEvent("keydown", {key: "End"}))' >/dev/null
settled 'return new Set([...document.querySelectorAll(".chart + .read b, #map-when")].map(e => e.textContent)).size' 1 'keys move all of them'
js 'document.querySelector("#map-time").value = 100; document.querySelector("#map-time").dispatchEvent(new Event("input"))' >/dev/null
settled 'const at = document.querySelector("#map-when").textContent;
	return [...document.querySelectorAll(".chart + .read b")].every(e => e.textContent === at) && at !== "24.00 s"' true 'and so does the slider'

# The moment of the table of holders is a link that moves it.
js 'document.querySelector("#held + p a").click()' >/dev/null
settled "const at = document.querySelector('#held + p a').hash.slice(3); return ${times#return }.split(' ')[0] === (+at).toFixed(2)" true \
	'so does the moment that memory stayed at'
is "$(js 'return document.querySelectorAll("#holders tbody tr").length > 0 && document.querySelector("#holders code").textContent')" '"uint8"' \
	'which bytes kept, as the README says'

# The map is that time's: at 24 s most of its cells are free, at the end they are not.
color='const c = document.getElementById("map"), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
	let n = 0; for (let i = 0; i < d.length; i += 4) if (d[i] > 200 && d[i + 2] < 90) n++; return 2 * n > d.length / 4'
visit "$page#t=24"
settled "$color" true 'the map at 24 s is mostly free'
visit "$page#t=93"
settled "$color" false 'and at the end it is not'

# Zoom.
ticks='return document.querySelectorAll("#memory-live text").length > 0 && [...document.querySelectorAll("#memory-live text")].some(e => e.textContent === "22 s")'
visit "$page#t=24&zoom=20,30"
settled "$ticks" true 'the address zooms'
js 'document.querySelector("#memory-live .chart").dispatchEvent(new KeyboardEvent("keydown", {key: "0"}))' >/dev/null
settled "$ticks" false 'and 0 shows all again'

# The table.
js 'document.querySelector("th[data-name=retained_mean_bytes] button").click()' >/dev/null
sorted='const v = [...document.querySelectorAll("#policies-table tbody tr")].map(r => +r.cells[1].dataset.value); return v.every((x, i) => !i || x >= v[i - 1])'
is "$(js "$sorted")" true 'a click on a heading sorts'
js 'document.querySelector("th[data-name=retained_mean_bytes] button").click()' >/dev/null
is "$(js "${sorted/>=/<=}")" true 'and another one the other way'
is "$(js 'return document.querySelector("th[data-name=retained_mean_bytes]").ariaSort')" '"descending"' 'which screen readers are told'
js 'document.querySelector("#policies-table tbody tr input").click()' >/dev/null
settled 'return document.querySelectorAll("#policies-table tbody tr").length - document.querySelectorAll("#policies-live path[data-policy]").length' 1 \
	'a box takes its line away'
settled 'return location.hash.includes("off=") && location.hash.includes("sort=retained_mean_bytes,down")' true 'and the address tells'

# Playing moves the time.
js 'document.getElementById("map-play").click()' >/dev/null
before=$(js 'return document.querySelector("#map-when").textContent')
settled "return document.querySelector('#map-when').textContent !== $before" true 'the map plays'

# Both themes, and widths.
js 'document.getElementById("theme").value = "dark"; document.getElementById("theme").dispatchEvent(new Event("change"))' >/dev/null
is "$(js 'return getComputedStyle(document.body).backgroundColor')" '"rgb(21, 24, 28)"' 'dark'
js 'document.getElementById("theme").value = "light"; document.getElementById("theme").dispatchEvent(new Event("change"))' >/dev/null
is "$(js 'return getComputedStyle(document.body).backgroundColor')" '"rgb(255, 255, 255)"' 'light'
fits='return document.scrollingElement.scrollWidth <= innerWidth'
is "$(js "$fits")" true 'nothing sticks out at 1,400 pixels'
errors=$(ask POST "session/$session/se/log" '{"type": "browser"}' | jq -r '.[] | select(.level == "SEVERE") | .message')
is "$errors" '' 'the console has no error'
for width in 360 2560; do
	open_browser $width
	visit "$page"
	is "$(js 'return innerWidth')" $width "a window of $width pixels"
	is "$(js "$fits")" true "nothing sticks out at $width pixels"
	is "$(js 'return document.querySelectorAll(".chart svg").length')" 3 'and all is there'
done

# What is no page's own does not run.
name='</script><script>window.evil=1</script>.hrt'
mkdir -p d
"$HEAPREPLAY" generate steady,seconds=1 -o d/trace.hrt
ln -s "$PWD/d/trace.hrt" "./$(tr / _ <<<"$name")"
"$HEAPREPLAY" report -q -o evil.html "./$(tr / _ <<<"$name")" || exit 99
visit "file://$PWD/evil.html"
is "$(js 'return [window.evil === undefined, document.documentElement.classList.contains("ready")]')" '[true,true]' 'a hostile name stays text'
done_testing
