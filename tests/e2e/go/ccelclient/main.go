// SPDX-License-Identifier: MIT

// ccelclient is a program in a TD that replays the event log of its firmware with go-eventlog, and prints what that says of it.
//
//	ccelclient   reads the ACPI table, the log and the RTMRs where Linux has them
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/google/go-eventlog/ccel"
	"github.com/google/go-eventlog/extract"
	"github.com/google/go-eventlog/register"
)

const tables = "/sys/firmware/acpi/tables/"

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func main() {
	var bank register.RTMRBank
	for i := 0; i < 4; i++ {
		digest := read(fmt.Sprintf("/sys/class/misc/tdx_guest/measurements/rtmr%d:sha384", i))
		bank.RTMRs = append(bank.RTMRs, register.RTMR{Index: i, Digest: digest})
	}
	state, err := ccel.ReplayAndExtract(read(tables+"CCEL"), read(tables+"data/CCEL"), bank, extract.Opts{})
	if state == nil {
		log.Fatal(err)
	}
	fmt.Println("replayed", len(state.GetRawEvents()), "events, secure boot", state.GetSecureBoot().GetEnabled())
	for _, app := range state.GetEfi().GetApps() {
		fmt.Printf("started %x\n", app.GetDigest())
	}
	if err != nil {
		log.Fatal(err)
	}
}
