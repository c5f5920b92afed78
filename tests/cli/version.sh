# SPDX-License-Identifier: BSD-3-Clause
# The program runs and knows its name.
. "$top_srcdir/tests/lib.sh"

run "$HEAPREPLAY" --version
is "$status" 0 '--version succeeds'
like "$out" '^heapreplay [0-9]+\.[0-9]+' '--version prints name and version'
is "$err" '' '--version prints nothing on standard error'
done_testing
