// SPDX-License-Identifier: MIT

// Package peer is the side of a verifier in the protocol of bench/peers: a line says which operation is to be done how often
// on the evidence of which directory, and the answer is the processor time that it took.
package peer

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/logger"
)

// Evidence is a directory that was read.
type Evidence struct {
	Dir  string
	At   time.Time
	next int
	all  [][]byte
}

// Next returns the next report or quote.
func (e *Evidence) Next() []byte {
	e.next++
	return e.all[e.next%len(e.all)]
}

// Read returns a file; none, if it is not there.
func (e *Evidence) Read(name string) []byte {
	data, _ := os.ReadFile(filepath.Join(e.Dir, name))
	return data
}

// An Operation verifies one report or quote.
type Operation func() error

// Prepare reads what the operations on this evidence need. An operation whose preparation failed is nil.
type Prepare func(*Evidence) (map[string]Operation, error)

var answers = os.Stdout

func used() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

func open(dir, files string, at int64) (*Evidence, error) {
	paths, _ := filepath.Glob(filepath.Join(dir, files))
	e := &Evidence{Dir: dir, At: time.Unix(at, 0)}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		e.all = append(e.all, data)
	}
	if len(e.all) == 0 {
		return nil, fmt.Errorf("no evidence in '%s'", dir)
	}
	return e, nil
}

func answer(f Operation, n int) string {
	before := used()
	for i := 0; i < n; i++ {
		if err := f(); err != nil {
			return "refused\t" + strings.Join(strings.Fields(err.Error()), " ")
		}
	}
	return fmt.Sprintf("ok\t%d", used()-before)
}

// One operation, as a process of its own: its exit status says whether the evidence was accepted.
func one(kind string, prepare Prepare, name, dir, at string) {
	seconds, _ := strconv.ParseInt(at, 10, 64)
	e, err := open(dir, kind+".bin", seconds)
	var operations map[string]Operation
	if err == nil {
		operations, err = prepare(e)
	}
	if err == nil {
		err = operations[name]()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Main answers until standard input ends, or does the one operation of its arguments: name, directory and time. The kind of
// evidence is report or quote, as in the names of files and folders.
func Main(kind string, prepare Prepare) {
	os.Stdout = os.Stderr
	logger.Init("peer", false, false, io.Discard)
	if len(os.Args) == 4 {
		one(kind, prepare, os.Args[1], os.Args[2], os.Args[3])
		return
	}
	prepared, operations := "", map[string]Operation(nil)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		word := strings.Split(lines.Text(), "\t")
		if len(word) != 4 {
			os.Exit(2)
		}
		at, _ := strconv.ParseInt(word[2], 10, 64)
		n, _ := strconv.Atoi(word[3])
		var err error
		if prepared != word[1]+word[2] {
			var e *Evidence
			prepared, operations = "", nil
			if e, err = open(word[1], kind+"s/*.bin", at); err == nil {
				operations, err = prepare(e)
			}
			if err == nil {
				prepared = word[1] + word[2]
			}
		}
		said := "unsupported\tno such operation"
		if err != nil {
			said = "refused\t" + strings.Join(strings.Fields(err.Error()), " ")
		} else if f := operations[word[0]]; f != nil {
			said = answer(f, n)
		}
		fmt.Fprintln(answers, said)
	}
}
