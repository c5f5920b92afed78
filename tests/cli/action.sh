# SPDX-License-Identifier: BSD-3-Clause
# shellcheck disable=SC2016 # expressions of GitHub stand as they are
# The GitHub Action: its file is well-formed and gives every input to the script; the script passes, fails and
# refuses as heapreplay compare does, whatever is in the inputs.
. "$top_srcdir/tests/lib.sh"

if python3 -c 'import yaml' 2>/dev/null; then
	cat >read.py <<-'END'
		import re, sys, yaml

		action = yaml.safe_load(open(sys.argv[1]))
		script = open(sys.argv[2]).read()
		document = open(sys.argv[3]).read()
		assert set(action) <= {"name", "author", "description", "inputs", "outputs", "runs", "branding"}, set(action)
		assert action["runs"]["using"] == "composite"
		steps = action["runs"]["steps"]
		for step in steps:
		    assert ("uses" in step) != ("run" in step), step
		    assert "uses" in step or "shell" in step, "a step that runs something names its shell"
		    assert "${{" not in step.get("run", ""), "inputs are not pasted into commands"
		given = {re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", v)[1]: k for s in steps for k, v in s.get("env", {}).items()}
		assert set(given) == set(action["inputs"]), "every input reaches the script"
		for variable in given.values():
		    assert variable in script, variable
		for name, value in action["outputs"].items():
		    assert f"output {name} " in script and f".outputs.{name} " in value["value"], name
		for text in re.findall(r"```yaml\n(.*?)```", document, re.S):
		    workflow = yaml.safe_load(text)
		    for job in workflow["jobs"].values():
		        for step in job["steps"]:
		            if "heapreplay@" in step.get("uses", ""):
		                assert set(step["with"]) <= set(action["inputs"]), step
		                needed = {k for k, v in action["inputs"].items() if v.get("required")}
		                assert needed <= set(step["with"]), step
		                print("used")
	END
	run python3 read.py "$top_srcdir/action.yml" "$top_srcdir/packaging/action.sh" "$top_srcdir/docs/ci.md"
	is "$status,$out,$err" '0,used,' 'action.yml is well-formed, and the workflow in docs/ci.md uses it as it is'
else
	skip 'action.yml is well-formed' 'no python3-yaml'
fi

# action TRACES GATES [BASELINE]: as the step of action.yml.
PATH=$(dirname "$HEAPREPLAY"):$PATH
export GITHUB_OUTPUT=$PWD/output GITHUB_STEP_SUMMARY=$PWD/summary
action() {
	: >output
	: >summary
	run env HR_TRACES="$1" HR_FAIL_IF="$2" HR_BASELINE="${3:-}" HR_POLICIES=$' go1.22\n\n none \n' HR_SAVE=saved.json \
		bash "$top_srcdir/packaging/action.sh"
}
cp "$top_srcdir/traces/bench-json-go123.trace.zst" 'a b.zst'
action $'  a*.zst\n' $'retained_peak_bytes>1GiB\nworst_stall_ns>1h\n'
is "$status" 0 'nothing is exceeded: status 0'
is "$(sort output | tr '\n' ' ')" 'passed=true results=saved.json ' 'and the outputs say so'
like "$(<summary)" '\| go1\.22 ' 'the table is in the summary of the job'
is "$(jq -r '.comparisons[0].policies[].policy.text' saved.json | tr '\n' ' ')" 'go1.22 none ' 'of the policies that were named'
cp saved.json before.json
action 'a b.zst' 'retained_mean_bytes>1KiB'
is "$status" 3 'a condition is true: status 3'
like "$out" '::error::' 'with an annotation'
like "$(<output)" 'passed=false' 'and an output'
action 'a b.zst' 'retained_mean_bytes>+0%' before.json
is "$status" 0 'percentages are of the baseline: the same trace is not worse than itself'
action 'a b.zst' 'retained_mean_bytes>+0%' nowhere.json
is "$status" 1 'no such baseline: status 1'
action 'nothing*.zst' 'retained_mean_bytes>1KiB'
is "$status" 1 'no such trace: status 1'
like "$out" 'no trace is named nothing\*\.zst' 'says so'
action 'a b.zst' 'retained_mean_bytes>$(touch pwned); touch pwned'
is "$status" 2 'nonsense for a condition: a misuse'
[ ! -e pwned ]
ok $? 'and nothing in an input is run'
done_testing
