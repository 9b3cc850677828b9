# SPDX-License-Identifier: MIT
"""Cases of the corpus in a test suite in Python, without jurat: the package dcap-qvl is what is tested.

    jurat cases make corpus
    CORPUS=corpus python3 -m unittest -v test_corpus
"""
import datetime
import json
import os
import pathlib
import unittest

CORPUS = pathlib.Path(os.environ.get("CORPUS", "corpus"))
HEX = ("root_ca_crl", "pck_crl", "tcb_info_signature", "qe_identity_signature")


def judge(case):
    """The verdict at the time of the case with the root of the case: the TCB status, or ValueError."""
    import dcap_qvl
    files = {role: CORPUS / "cases" / case["id"] / name for role, name in case["files"].items()}
    bundle = json.loads(files["bundle"].read_text())
    bundle.update({name: bytes.fromhex(bundle[name]) for name in HEX})
    at = int(datetime.datetime.strptime(case["at"], "%Y-%m-%dT%H:%M:%S%z").timestamp())
    return dcap_qvl.verify_with_root_ca(files["quote"].read_bytes(), dcap_qvl.QuoteCollateralV3(**bundle),
                                        files["root"].read_bytes(), at).status


@unittest.skipUnless(CORPUS.is_dir(), "CORPUS does not name a corpus")
class Signatures(unittest.TestCase):
    def test_each_case(self):
        index = json.loads((CORPUS / "index.json").read_text())
        for case in index["cases"]:
            if case["tee"] != "tdx" or case["class"] != "signature" or "bundle" not in case["files"] or "root" not in case["files"]:
                continue
            with self.subTest(case["id"], what=case["what"]):
                if case["verdict"] == "accepted":
                    self.assertEqual(judge(case), "UpToDate")
                elif case["verdict"] == "refused":
                    self.assertRaises(ValueError, judge, case)


if __name__ == "__main__":
    unittest.main()
