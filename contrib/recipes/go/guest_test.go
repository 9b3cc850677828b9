// SPDX-License-Identifier: MIT

package agent

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// guest runs the rest of the test as a guest of a software platform of its own, with these options of `jurat run`: the test's own
// program is started again, for this test only. It returns true in the guest. Tests run in parallel.
func guest(t *testing.T, options ...string) bool {
	t.Helper()
	if os.Getenv("GUEST") != "" {
		return true
	}
	t.Parallel()
	out, err := command(t, "^"+t.Name()+"$", options...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// command starts this program again under `jurat run`, which leaves a trace.
func command(t *testing.T, pattern string, options ...string) *exec.Cmd {
	t.Helper()
	directory := os.Getenv("ARTEFACTS")
	if directory == "" {
		directory = t.TempDir()
	}
	argv := append([]string{"run", "--trace", filepath.Join(directory, t.Name()+".trace.json")}, options...)
	argv = append(argv, "--", os.Args[0], "-test.run="+pattern)
	c := exec.Command("jurat", argv...)
	c.Env = append(os.Environ(), "GUEST=yes")
	return c
}

// verify asks jurat about evidence of this guest's platform.
func verify(t *testing.T, evidence []byte, options ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "evidence.bin")
	if err := os.WriteFile(path, evidence, 0o600); err != nil {
		t.Fatal(err)
	}
	argv := append([]string{"verify", "--roots", os.Getenv("JURAT_ROOTS")}, options...)
	if out, err := exec.Command("jurat", append(argv, path)...).CombinedOutput(); err != nil {
		t.Fatalf("jurat %s: %v\n%s", strings.Join(argv, " "), err, out)
	}
}
