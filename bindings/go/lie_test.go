// SPDX-License-Identifier: MIT

//go:build lie

package jurat

import "testing"

// Run by tests/e2e only.
func TestLie(t *testing.T) { lie() }
