// SPDX-License-Identifier: MIT

// Verifies a report or a quote, against the vendors' roots or those of a file:
//
//	verify [-r ROOTS] REPORT|QUOTE [CERTIFICATES|COLLATERAL]...
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"jurat.invalid/jurat"
)

const reportBytes = 1184 // a quote is longer

func verify(roots string, paths []string) (*jurat.Verdict, error) {
	verifier, err := jurat.NewVerifier()
	if err != nil {
		return nil, err
	}
	defer verifier.Close()
	if roots != "" {
		b, err := os.ReadFile(roots)
		if err != nil {
			return nil, err
		}
		if err := verifier.AddRoots(b); err != nil { // never go on with others than were meant
			return nil, fmt.Errorf("%s: %w", roots, err)
		}
	}
	evidence, err := os.ReadFile(paths[0])
	if err != nil {
		return nil, err
	}
	collateral, err := jurat.NewCollateral()
	if err != nil {
		return nil, err
	}
	defer collateral.Close()
	for _, path := range paths[1:] {
		b, err := os.ReadFile(path)
		if err == nil && len(evidence) > reportBytes {
			err = collateral.Add(b)
		} else if err == nil {
			_, err = verifier.AddCertificates(b)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if len(evidence) > reportBytes {
		return verifier.VerifyTDX(evidence, nil, collateral, nil, time.Now())
	}
	return verifier.VerifySNP(evidence, nil, nil, time.Now())
}

func main() {
	roots := flag.String("r", "", "trust the roots in this `file` instead of the vendors'")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	verdict, err := verify(*roots, flag.Args())
	if err != nil {
		fmt.Println(err)
		if errors.Is(err, jurat.ReasonLeafMissing) {
			fmt.Println("The VCEK or VLEK is not among the certificates: fetch it first.")
		}
		os.Exit(1)
	}
	fmt.Printf("accepted\nmeasurement %x\n", verdict.Measurement)
	for _, n := range verdict.NotJudged {
		fmt.Println("not checked:", n.Detail)
	}
}
