// SPDX-License-Identifier: MIT

// Package cases is the side of the adapter in the protocol of `jurat cases run`: a case is a directory, the answer to it a line.
package cases

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Case is a case.json: what there is to judge, when, and by which policy.
type Case struct {
	Dir     string                     `json:"-"`
	ID      string                     `json:"id"`
	TEE     string                     `json:"tee"`
	Product string                     `json:"product"`
	Signer  string                     `json:"signer"`
	At      time.Time                  `json:"at"`
	Files   map[string]string          `json:"files"`
	Policy  map[string]json.RawMessage `json:"policy"`
	Needs   []string                   `json:"needs"`
}

// Unsupported says that the verifier leaves this to its caller, or has no such input.
type Unsupported string

func (what Unsupported) Error() string { return string(what) }

// Has says whether the case has a file of this role.
func (c *Case) Has(role string) bool { return c.Files[role] != "" }

// Path of the file or directory of this role.
func (c *Case) Path(role string) string { return filepath.Join(c.Dir, c.Files[role]) }

// Read returns a file of the case.
func (c *Case) Read(role string) ([]byte, error) {
	if !c.Has(role) {
		return nil, Unsupported("the case has no " + role)
	}
	return os.ReadFile(c.Path(role))
}

// Wants says whether the verifier must be able to do this for the case.
func (c *Case) Wants(need string) bool {
	for _, n := range c.Needs {
		if n == need {
			return true
		}
	}
	return false
}

// Take sets a value by a member of the policy, and takes the member away: what is left has no counterpart in the verifier.
func (c *Case) Take(member string, value interface{}) error {
	raw, there := c.Policy[member]
	if !there {
		return nil
	}
	delete(c.Policy, member)
	if err := json.Unmarshal(raw, value); err != nil {
		return Unsupported("policy member " + member + ": " + err.Error())
	}
	return nil
}

// Left is an error if the policy has a member that nobody has taken.
func (c *Case) Left() error {
	for member := range c.Policy {
		return Unsupported("no counterpart of policy member " + member)
	}
	return nil
}

// Answers go to standard output, and what a verifier logs goes to standard error.
var answers = os.Stdout

func init() { os.Stdout = os.Stderr }

func judged(c *Case, judge func(*Case) error, abilities []string) error {
	for _, need := range c.Needs {
		if !strings.Contains(" "+strings.Join(abilities, " ")+" ", " "+need+" ") {
			return Unsupported("the verifier has no " + need)
		}
	}
	return judge(c)
}

func answer(dir string, judge func(*Case) error, abilities []string) {
	text, err := os.ReadFile(filepath.Join(dir, "case.json"))
	c := &Case{Dir: dir}
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	verdict, reason := "accepted", ""
	if err = judged(c, judge, abilities); err != nil {
		verdict, reason = "refused", strings.ToValidUTF8(err.Error(), "?")
		if _, ok := err.(Unsupported); ok {
			verdict = "unsupported"
		}
	}
	line, _ := json.Marshal(map[string]string{"case": c.ID, "verdict": verdict, "reason": reason})
	fmt.Fprintln(answers, string(line))
}

// Main answers for the directory that it is called with, or with --lines for each that it reads. The abilities are those that
// cases may need.
func Main(judge func(*Case) error, abilities ...string) {
	if len(os.Args) != 2 {
		fmt.Fprintf(os.Stderr, "usage: %s CASE_DIR | --lines\n", os.Args[0])
		os.Exit(2)
	}
	if os.Args[1] != "--lines" {
		answer(os.Args[1], judge, abilities)
		return
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answer(lines.Text(), judge, abilities)
	}
}
