// SPDX-License-Identifier: MIT

//go:build lie

package jurat

// #include <jurat/verify.h>
import "C"

import "unsafe"

// lie passes a length that is not that of its memory, for the test that AddressSanitizer finds it.
func lie() {
	var policy *C.struct_jurat_policy
	if C.jurat_policy_new(&policy, nil) == 0 {
		json := []byte("{")
		C.jurat_policy_read_json(policy, (*C.char)(unsafe.Pointer(&json[0])), 64, nil)
		C.jurat_policy_free(policy)
	}
}
