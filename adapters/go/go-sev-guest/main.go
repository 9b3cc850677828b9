// SPDX-License-Identifier: MIT

// go-sev-guest: its verifier and its validation on a case. The trusted root is the case's; what stands for a default of the
// caller here (no debug, no migration agent) is what its own tool `check` requires.
package main

import (
	"bytes"
	"encoding/hex"
	"io"

	"github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/validate"
	"github.com/google/go-sev-guest/verify"
	"github.com/google/go-sev-guest/verify/trust"
	"github.com/google/logger"

	"jurat.invalid/adapters/cases"
)

// crl answers the verifier's only request, for the CRL of the ARK.
type crl []byte

func (c crl) Get(string) ([]byte, error) { return c, nil }

// The root goes with the intermediate that the table has; the verifier checks it against the root.
func trustedRoots(c *cases.Case, table *abi.CertTable) (map[string][]*trust.AMDRootCerts, error) {
	if !c.Has("root") {
		return nil, nil // AMD's
	}
	ark, err := c.Read("root")
	if err != nil {
		return nil, err
	}
	intermediate, err := table.GetByGUIDString(abi.AskGUID)
	if err != nil {
		return nil, err
	}
	certs := &trust.ProductCerts{}
	if err := certs.Decode(intermediate, ark); err != nil {
		return nil, err
	}
	root := trust.AMDRootCertsProduct(c.Product)
	root.ProductCerts = certs
	return map[string][]*trust.AMDRootCerts{c.Product: {root}}, nil
}

func decode(c *cases.Case) (*sevsnp.Attestation, *abi.CertTable, error) {
	report, err := c.Read("report")
	if err != nil {
		return nil, nil, err
	}
	blob, err := c.Read("certs")
	if err != nil {
		return nil, nil, err
	}
	table := &abi.CertTable{}
	if err := table.Unmarshal(blob); err != nil {
		return nil, nil, err
	}
	attestation, err := abi.ReportCertsToProto(bytes.Join([][]byte{report, blob}, nil))
	return attestation, table, err
}

// What the policy says of single fields.
func options(c *cases.Case) (o *validate.Options, err error) {
	o = &validate.Options{GuestPolicy: abi.SnpPolicy{SMT: true}}
	for member, field := range map[string]*[]byte{
		"report_data": &o.ReportData, "measurement": &o.Measurement, "host_data": &o.HostData,
		"family_id": &o.FamilyID, "image_id": &o.ImageID, "report_id": &o.ReportID, "chip_id": &o.ChipID,
	} {
		var text string // one value: of several there is no counterpart
		if err := c.Take(member, &text); err != nil {
			return nil, err
		}
		if text != "" {
			*field, err = hex.DecodeString(text)
			if err != nil || member == "report_data" && len(*field) != abi.ReportDataSize {
				return nil, cases.Unsupported("no counterpart of this value of " + member)
			}
		}
	}
	for member, value := range map[string]interface{}{
		"allow_debug": &o.GuestPolicy.Debug, "allow_migrate_ma": &o.GuestPolicy.MigrateMA,
		"allow_smt": &o.GuestPolicy.SMT, "require_single_socket": &o.GuestPolicy.SingleSocket,
		"minimum_guest_svn": &o.MinimumGuestSvn, "allow_provisional_firmware": &o.PermitProvisionalFirmware,
		"vmpl": &o.VMPL, "minimum_launch_mit_vector": &o.MinimumLaunchMitigationVector,
		"minimum_current_mit_vector": &o.MinimumCurrentMitigationVector,
	} {
		if err := c.Take(member, value); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func judge(c *cases.Case) error {
	if c.TEE != "sev-snp" {
		return cases.Unsupported("not an SEV-SNP report")
	}
	attestation, table, err := decode(c)
	if err != nil {
		return err
	}
	o := &verify.Options{DisableCertFetching: true, Now: c.At}
	if o.TrustedRoots, err = trustedRoots(c, table); err != nil {
		return err
	}
	if delete(c.Policy, "require_crl"); c.Wants("crl") && c.Signer == "vlek" {
		return cases.Unsupported("its CRLs are of the ASK")
	} else if c.Wants("crl") {
		der, _ := c.Read("crl") // none: no answer
		o.CheckRevocations, o.Getter = true, crl(der)
	}
	values, err := options(c)
	if err != nil {
		return err
	}
	if err := c.Left(); err != nil {
		return err
	}
	if err := verify.SnpAttestation(attestation, o); err != nil {
		return err
	}
	return validate.SnpAttestation(attestation, values)
}

func main() {
	logger.Init("go-sev-guest", false, false, io.Discard)
	cases.Main(judge, "policy", "crl")
}
