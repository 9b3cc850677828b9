// SPDX-License-Identifier: MIT

// tsmclient is a guest that attests with go-configfs-tsm, whatever its TEE. It prints the provider and writes outblob
// and auxblob to the files of these names in DIR.
//
//	tsmclient -data HEX DIR       one request
//	tsmclient many N PARALLEL     N requests from PARALLEL goroutines, each in an entry of its own
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/go-configfs-tsm/configfs/linuxtsm"
	"github.com/google/go-configfs-tsm/report"
)

var (
	data = flag.String("data", "", "inblob, in hexadecimal")
	aux  = flag.Bool("aux", true, "ask for the auxblob, too")
	vmpl = flag.Int("privlevel", -1, "ask at this privilege level")
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func one(dir string) {
	inblob, err := hex.DecodeString(*data)
	must(err)
	request := &report.Request{InBlob: inblob, GetAuxBlob: *aux}
	if *vmpl >= 0 {
		request.Privilege = &report.Privilege{Level: uint(*vmpl)}
	}
	response, err := linuxtsm.GetReport(request)
	must(err)
	fmt.Println(strings.TrimSpace(response.Provider))
	must(os.WriteFile(filepath.Join(dir, "outblob"), response.OutBlob, 0o666))
	must(os.WriteFile(filepath.Join(dir, "auxblob"), response.AuxBlob, 0o666))
}

// ask makes one request and looks for its inblob in the evidence: both TEEs sign it as it is.
func ask(number uint64) error {
	inblob := make([]byte, 64)
	binary.LittleEndian.PutUint64(inblob, number)
	copy(inblob[8:], "a report of its own")
	response, err := linuxtsm.GetReport(&report.Request{InBlob: inblob})
	if err != nil {
		return err
	}
	if !bytes.Contains(response.OutBlob, inblob) {
		return fmt.Errorf("the evidence is not over the inblob")
	}
	return nil
}

func many(total, parallel uint64) {
	var next, good uint64
	var all sync.WaitGroup
	for i := uint64(0); i < parallel; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for number := atomic.AddUint64(&next, 1); number <= total; number = atomic.AddUint64(&next, 1) {
				if err := ask(number); err != nil {
					log.Printf("request %d: %v", number, err)
				} else {
					atomic.AddUint64(&good, 1)
				}
			}
		}()
	}
	all.Wait()
	fmt.Printf("%d good reports\n", good)
}

func number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	must(err)
	return n
}

func main() {
	flag.Parse()
	if flag.Arg(0) == "many" {
		many(number(flag.Arg(1)), number(flag.Arg(2)))
	} else {
		one(flag.Arg(0))
	}
}
