# SPDX-License-Identifier: MIT
"""Runs a composite action as GitHub's runner does, as far as contrib/action uses it: expressions in `env` and outputs, steps one after another with
`shell: bash`, and the files GITHUB_OUTPUT, GITHUB_ENV and GITHUB_STEP_SUMMARY. What else an action may have is refused, not left out."""
import pathlib
import re
import subprocess

EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
STEP = {"id", "shell", "run", "env"}


class Run:
    """What one use of an action did."""

    def __init__(self, action, where, env, inputs):
        import yaml  # pylint: disable=import-outside-toplevel
        self.action = yaml.safe_load((action / "action.yml").read_text())
        unknown = set(inputs) - set(self.action["inputs"])
        assert not unknown, f"the action has no input {unknown}"
        self.inputs = {name: about.get("default", "") for name, about in self.action["inputs"].items()} | inputs
        self.steps, self.said, self.status = {}, "", 0
        self.summary = where / "summary.md"
        self.summary.write_text("")
        env = env | {"GITHUB_ACTION_PATH": str(action), "GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_ENV": str(where / "env"), "CI": "true",
                     "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": env.get("GITHUB_SERVER_URL", "https://github.invalid")}
        for step in self.action["runs"]["steps"]:
            assert set(step) <= STEP, f"this runner does not know {set(step) - STEP}"
            assert step["shell"] == "bash", step
            assert "${{" not in step["run"], "an input in the text of a script is a way to run commands"
            output = where / f"output-{step['id']}"
            output.write_text("")
            script = where / f"{step['id']}.sh"
            script.write_text(step["run"])
            values = {name: EXPRESSION.sub(self.value, text) for name, text in step.get("env", {}).items()}
            done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", script], env=env | values | {"GITHUB_OUTPUT": str(output)},
                                  cwd=where / "workspace", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
            self.said += done.stdout + done.stderr
            self.steps[step["id"]] = dict(line.split("=", 1) for line in output.read_text().splitlines())
            self.status = done.returncode
            if self.status:
                break
        self.outputs = {name: EXPRESSION.sub(self.value, about["value"]) for name, about in self.action["outputs"].items()}

    def value(self, match):
        """Of one expression. Spec: GitHub Actions, contexts"""
        words = match.group(1).split(".")
        if words[0] == "inputs" and len(words) == 2:
            return self.inputs[words[1]]
        if words[0] == "steps" and words[2] == "outputs" and len(words) == 4:
            return self.steps.get(words[1], {}).get(words[3], "")
        raise AssertionError(f"this runner does not know the expression {match.group(0)}")


def use(action, where, env, **inputs):
    where = pathlib.Path(where)
    (where / "workspace").mkdir(parents=True)
    return Run(pathlib.Path(action), where, env, inputs)
